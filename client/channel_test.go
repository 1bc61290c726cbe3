package client

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
)

func TestChannel_ClosesWithTheReason(t *testing.T) {
	_, url := serve(t, stream("id: 1\ndata: a\n\ndata: b\n\n"), answer(http.StatusNoContent, ""))
	s := subscribe(t, url, soon)
	var got []byte
	for ev := range s.Channel() {
		got = append(got, ev.Data...)
	}
	if string(got) != "ab" || !errors.Is(s.Err(), ErrStopped) {
		t.Errorf("got %q, %v", got, s.Err())
	}
}

func TestChannel_CloseEndsItWithoutAnError(t *testing.T) {
	_, url := serve(t, hold("data: a\n\n"))
	s := subscribe(t, url)
	events := s.Channel()
	<-events
	_ = s.Close()
	if _, open := <-events; open || s.Err() != nil {
		t.Errorf("open %v, %v", open, s.Err())
	}
}

// What nobody received is not passed over by the next stream.
func TestChannel_ResumesAfterWhatWasReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, pipe := servePipe(t, hold("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"))
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Subscribe(ctx, pipeURL, pipe)
		if err != nil {
			t.Fatal(err)
		}
		events := s.Channel()
		<-events
		synctest.Wait() // the second is offered
		cancel()
		synctest.Wait()
		if id := s.LastEventID(); id != "1" || !errors.Is(s.Err(), context.Canceled) {
			t.Errorf("got %q, %v", id, s.Err())
		}
	})
}
