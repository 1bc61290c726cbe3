package client

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestBatch_OneResultForEachMessage(t *testing.T) {
	s, url := serve(t, status(http.StatusBadGateway), answer(http.StatusOK, strings.Join([]string{
		`{"id":"e-1","connections":2,"users":1}`,
		`{"error":{"code":"reserved_event","message":"no","field":"event"}}`,
		`{"id":"","connections":0,"users":0}`, "",
	}, "\n")))
	got, err := newTestPublisher(t, url, soon, WithClusterReceipt()).Batch(t.Context(), []Message{
		{To: []string{User("a")}, Event: "x", Data: "1\n2"},
		{To: []string{User("b")}, Data: make(chan int)}, // cannot be encoded
		{To: []string{User("c")}, Event: "ping"},
		{To: []string{User("d"), All}, Transient: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Result != (Result{ID: "e-1", Connections: 2, Users: 1}) || got[0].Err != nil {
		t.Errorf("0: %+v", got[0])
	}
	if e := (*Error)(nil); got[1].Err == nil || errors.As(got[1].Err, &e) {
		t.Errorf("1: %+v", got[1])
	}
	if e := (*Error)(nil); !errors.As(got[2].Err, &e) || *e != (Error{Code: "reserved_event", Message: "no", Field: "event"}) {
		t.Errorf("2: %+v", got[2])
	}
	if got[3].Result != (Result{}) || got[3].Err != nil {
		t.Errorf("3: %+v", got[3])
	}
	want := `{"to":"user/a","event":"x","data":"1\n2"}` + "\n" + `{"to":"user/c","event":"ping","data":null}` + "\n" +
		`{"to":["user/d","all"],"data":null,"transient":true}` + "\n"
	for i := range 2 {
		r := s.request(t, i)
		if s.bodies[i] != want || r.Header.Get("Content-Type") != "application/x-ndjson" || r.URL.RawQuery != "receipt=cluster" {
			t.Errorf("request %d: %s %v\n%s", i, r.URL, r.Header, s.bodies[i])
		}
	}
	if a, b := s.request(t, 0).Header.Get("Idempotency-Key"), s.request(t, 1).Header.Get("Idempotency-Key"); a == "" || a != b {
		t.Errorf("keys %q and %q", a, b)
	}
}

func TestBatch_NothingToSend(t *testing.T) {
	s, url := serve(t, answer(http.StatusOK, ""))
	p := newTestPublisher(t, url)
	if got, err := p.Batch(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := p.Batch(t.Context(), []Message{{Data: func() {}}}); len(got) != 1 || got[0].Err == nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

func TestBatch_RefusedAsAWhole(t *testing.T) {
	_, url := serve(t, answer(http.StatusRequestEntityTooLarge, `{"error":{"code":"body_too_large","message":"m"}}`))
	got, err := newTestPublisher(t, url).Batch(t.Context(), []Message{{To: []string{All}}})
	wantError(t, "413", err, ErrTooLarge)
	if got != nil {
		t.Errorf("got results %v", got)
	}
}

// A hub that accepts none answers with the status of the first failure.
func TestBatch_RefusedOneByOne(t *testing.T) {
	for code, requests := range map[int]int{http.StatusBadRequest: 1, http.StatusServiceUnavailable: 2} {
		s, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(`{"line":1,"error":{"code":"a"}}` + "\n" + `{"line":2,"error":{"code":"b"}}` + "\n"))
		})
		got, err := newTestPublisher(t, url, soon, WithMaxRetries(1)).Batch(t.Context(), []Message{{}, {}})
		if err != nil || s.count() != requests {
			t.Fatalf("%d: got %v after %d requests", code, err, s.count())
		}
		for i, want := range []string{"a", "b"} {
			if e := (*Error)(nil); !errors.As(got[i].Err, &e) || e.Code != want {
				t.Errorf("%d: result %d is %+v", code, i, got[i])
			}
		}
	}
}

func TestBatch_AnswersThatDoNotFit(t *testing.T) {
	for _, text := range []string{"", accepted, accepted + accepted + accepted, accepted + "\n<html>", "[]\n[]"} {
		_, url := serve(t, answer(http.StatusOK, text))
		_, err := newTestPublisher(t, url).Batch(t.Context(), []Message{{To: []string{All}}, {To: []string{All}}})
		wantError(t, text, err, ErrResponse)
	}
}
