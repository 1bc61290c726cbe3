package client

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"example.org/hub/sse"
)

func TestStream_YieldsEventsInOrder(t *testing.T) {
	_, url := serve(t, hold("retry: 10\n\nid: e-1\nevent: notification\ndata: {\"a\":1}\n\ndata: two\ndata: lines\n\n"))
	var got []sse.Event
	for ev, err := range subscribe(t, url).Events() {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, ev); len(got) == 2 {
			break
		}
	}
	if got[0].ID != "e-1" || got[0].Type() != "notification" || string(got[0].Data) != `{"a":1}` {
		t.Errorf("first: %+v", got[0])
	}
	if got[1].ID != "e-1" || got[1].Type() != "message" || string(got[1].Data) != "two\nlines" {
		t.Errorf("second: %+v", got[1])
	}
}

func TestStream_Request(t *testing.T) {
	s, url := serve(t, hold("data: a\n\n"))
	until(t, subscribe(t, url+"/api/sse?x=1&topics=old", WithTopics("news", "a&b"), WithTopics("c/d"), WithEvents("n", "m"),
		WithTokenSource(StaticToken("tok")), WithLastEventID("e-7")), "a")
	r := s.request(t, 0)
	for name, want := range map[string]string{
		"Accept": "text/event-stream", "Cache-Control": "no-cache", "X-SSE-Client": "go",
		"Authorization": "Bearer tok", "Last-Event-ID": "e-7", "Accept-Encoding": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	q := r.URL.Query()
	if r.URL.Path != "/api/sse" || q.Get("x") != "1" || q.Get("topics") != "news,a&b,c/d" || q.Get("events") != "n,m" {
		t.Errorf("got %s", r.URL)
	}
}

func TestStream_NoHeadersWithoutCause(t *testing.T) {
	s, url := serve(t, hold("data: a\n\n"))
	until(t, subscribe(t, url, WithTokenSource(StaticToken(""))), "a")
	h := s.request(t, 0).Header
	for _, name := range []string{"Last-Event-ID", "Authorization"} {
		if _, ok := h[http.CanonicalHeaderKey(name)]; ok {
			t.Errorf("%s was sent: %q", name, h.Get(name))
		}
	}
}

func TestStream_ResumesAfterTheLastFinishedBlock(t *testing.T) {
	s, url := serve(t,
		stream("id: 1\ndata: a\n\nid: 2\ndata: never finished\n"), // ends within an event
		stream("id: 3\n\n"),             // a position and no event
		stream("data: b\n\n"),           // no id of its own: keeps the one before
		stream("id: \x01\ndata: c\n\n"), // an id that no header carries
		stream("id\ndata: d\n\n"),       // an empty id resets
		hold("data: e\n\n"),
	)
	st := subscribe(t, url, soon, WithMaxRetries(-1))
	got, err := collect(st, 5)
	if got != "a b c d e" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for i, want := range []string{"", "1", "3", "3", "", ""} {
		if have := s.request(t, i).Header.Get("Last-Event-ID"); have != want {
			t.Errorf("request %d: got %q, want %q", i, have, want)
		}
	}
	if got := st.LastEventID(); got != "" {
		t.Errorf("at the end: %q", got)
	}
}

func TestStream_EventsKeepTheIDOfTheConnectionBefore(t *testing.T) {
	_, url := serve(t, stream("id: 1\ndata: a\n\n"), hold("data: b\n\n"))
	var last sse.Event
	for ev, err := range subscribe(t, url, soon).Events() {
		if err != nil {
			t.Fatal(err)
		}
		if last = ev; string(ev.Data) == "b" {
			break
		}
	}
	if last.ID != "1" {
		t.Errorf("got %q", last.ID)
	}
}

func TestStream_LeavingTheLoopClosesAndTheNextResumes(t *testing.T) {
	closed := make(chan struct{})
	first := func(w http.ResponseWriter, r *http.Request) {
		write(w, "id: 1\ndata: a\n\nid: 2\ndata: b\n\n")
		<-r.Context().Done()
		close(closed)
	}
	s, url := serve(t, first, hold("id: 2\ndata: b again\n\n"))
	st := subscribe(t, url)
	until(t, st, "a")
	<-closed
	if got := st.LastEventID(); got != "1" {
		t.Errorf("left at %q", got)
	}
	until(t, st, "b again")
	if got := s.request(t, 1).Header.Get("Last-Event-ID"); got != "1" {
		t.Errorf("resumed after %q", got)
	}
}

func TestStream_CloseEndsTheLoopWithoutAnError(t *testing.T) {
	_, url := serve(t, hold("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"))
	st := subscribe(t, url)
	n := 0
	for ev, err := range st.Events() {
		if err != nil || string(ev.Data) != "a" {
			t.Fatalf("got %q, %v after Close", ev.Data, err)
		}
		n++
		_ = st.Close()
	}
	if got := st.LastEventID(); n != 1 || got != "1" {
		t.Errorf("%d events, last id %q", n, got)
	}
	if err := discard(st); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestStream_CloseFromElsewhere(t *testing.T) {
	_, url := serve(t, hold("data: a\n\n"))
	st := subscribe(t, url)
	for _, err := range st.Events() {
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = st.Close() }()
	}
}

func TestStream_EndsWithItsContext(t *testing.T) {
	_, url := serve(t, hold("data: a\n\n"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	st, err := Subscribe(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, err = range st.Events() {
		cancel()
	}
	wantError(t, "cancelled", err, context.Canceled)
}

func TestStream_OneLoopAtATime(t *testing.T) {
	_, url := serve(t, hold("data: a\n\n"))
	st := subscribe(t, url)
	for _, err := range st.Events() {
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, "second loop", discard(st), ErrReading)
		break
	}
	until(t, st, "a")
}

func TestStream_StatesAreTold(t *testing.T) {
	_, url := serve(t, stream(""), status(http.StatusBadGateway), hold("data: a\n\n"))
	var got []Status
	until(t, subscribe(t, url, soon, OnState(func(st Status) { got = append(got, st) })), "a")
	want := []Status{
		{State: Connecting},
		{State: Open},
		{State: Waiting, Attempt: 1},
		{State: Connecting, Attempt: 1},
		{State: Waiting, Attempt: 2},
		{State: Connecting, Attempt: 2},
		{State: Open, Attempt: 2},
		{State: Closed},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i].State != want[i].State || got[i].Attempt != want[i].Attempt {
			t.Errorf("%d: got %v, want %v", i, got[i], want[i])
		}
	}
	wantError(t, "first wait", got[2].Err, ErrEnded)
	if e := (*Error)(nil); !errors.As(got[4].Err, &e) || e.Status != http.StatusBadGateway {
		t.Errorf("second wait: %v", got[4].Err)
	}
	if got[2].RetryIn <= 0 || got[7].Err != nil {
		t.Errorf("got %v", got)
	}
}

func TestStream_HubsReasonIsTold(t *testing.T) {
	_, url := serve(t, stream("retry: 1\n\nevent: reconnect\ndata: {\"reason\":\"drain\",\"retryMs\":1}\n\n"), hold("data: a\n\n"))
	var w waits
	until(t, subscribe(t, url, OnState(w.observe)), "a")
	wantError(t, "wait", w[0], ErrEnded)
	if want := "the stream ended: drain"; w[0].Error() != want {
		t.Errorf("got %q, want %q", w[0], want)
	}
}

func TestStream_TooLargeEventIsAnInterruption(t *testing.T) {
	s, url := serve(t, hold("id: 1\ndata: a\n\nid: 2\ndata: 0123456789012345678901234567890123456789\n\n"), hold("data: b\n\n"))
	var w waits
	until(t, subscribe(t, url, soon, WithMaxEventSize(30), OnState(w.observe)), "b")
	wantError(t, "wait", w[0], sse.ErrTooLarge)
	if got := s.request(t, 1).Header.Get("Last-Event-ID"); got != "1" {
		t.Errorf("resumed after %q", got)
	}
}

// A client's own Timeout would end every stream after it.
func TestSubscribe_LeavesTheCallersClientAlone(t *testing.T) {
	own := &http.Client{Timeout: 1}
	st, err := Subscribe(t.Context(), "http://hub.example/", WithHTTPClient(own))
	if err != nil {
		t.Fatal(err)
	}
	if own.Timeout != 1 || st.cfg.http.Timeout != 0 {
		t.Errorf("timeouts are %v and %v", own.Timeout, st.cfg.http.Timeout)
	}
	_ = st.Close()
}

// A stream that is closed before its first event must not resume from nowhere.
func TestStream_KnowsTheHeadBeforeTheFirstEvent(t *testing.T) {
	_, url := serve(t, hold("event: connected\ndata: {}\n\nid: e-7\n\n"))
	s := subscribe(t, url)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, err := range s.Events() {
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); s.LastEventID() != "e-7"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the last event id is %q", s.LastEventID())
		}
	}
	_ = s.Close()
	<-done
	if id := s.LastEventID(); id != "e-7" {
		t.Errorf("the last event id is %q after Close", id)
	}
}
