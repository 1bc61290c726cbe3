package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func newTestPublisher(t *testing.T, url string, opts ...Option) *Publisher {
	t.Helper()
	p, err := NewPublisher(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

const accepted = `{"id":"e-7","connections":3,"users":1}`

func TestPublisher_Wire(t *testing.T) {
	f := func(send func(*Publisher) (Result, error), want string) {
		t.Helper()
		s, url := serve(t, answer(http.StatusAccepted, accepted))
		got, err := send(newTestPublisher(t, url, WithAPIKey("k:1")))
		if err != nil || got != (Result{ID: "e-7", Connections: 3, Users: 1}) {
			t.Fatalf("got %+v, %v", got, err)
		}
		r := s.request(t, 0)
		if r.Method != http.MethodPost || r.URL.String() != "/api/messages" || r.Header.Get("X-API-Key") != "k:1" ||
			r.Header.Get("Content-Type") != "application/json" || len(r.Header.Get("Idempotency-Key")) < 20 {
			t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
		}
		if s.bodies[0] != want+"\n" {
			t.Errorf("got  %s\nwant %s", s.bodies[0], want)
		}
	}
	ctx := t.Context()
	note := Message{Event: "notification", Data: map[string]string{"title": "<Hi> & \u2028"}, To: []string{"ignored"}}
	const body = `"event":"notification","data":{"title":"<Hi> & \u2028"}}`
	f(func(p *Publisher) (Result, error) { return p.SendToUser(ctx, "alice", note) }, `{"to":"user/alice",`+body)
	f(func(p *Publisher) (Result, error) { return p.Publish(ctx, "news", note) }, `{"to":"topic/news",`+body)
	f(func(p *Publisher) (Result, error) { return p.Broadcast(ctx, note) }, `{"to":"all",`+body)
	f(func(p *Publisher) (Result, error) {
		return p.Send(ctx, Message{To: []string{User("a"), Connection("c"), Topic("t"), All}})
	}, `{"to":["user/a","connection/c","topic/t","all"],"data":null}`)
	f(func(p *Publisher) (Result, error) {
		return p.Send(ctx, Message{
			To: []string{All}, Data: json.RawMessage("{\"a\":\n 1}"), Key: "k", TTL: 1500 * time.Millisecond,
			Transient: true, Except: "c1", Slow: "gap",
		})
	}, `{"to":"all","data":{"a":1},"key":"k","ttl":1.5,"transient":true,"except":"c1","slow":"gap"}`)
}

func TestPublisher_BasePathQueryAndReceipt(t *testing.T) {
	s, url := serve(t, answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url+"/prefix/", WithClusterReceipt())
	if _, err := p.Broadcast(t.Context(), Message{}); err != nil {
		t.Fatal(err)
	}
	if got := s.request(t, 0).URL.String(); got != "/prefix/api/messages?receipt=cluster" {
		t.Errorf("got %s", got)
	}
}

func TestPublisher_RepeatsUnderOneKey(t *testing.T) {
	breaksOff := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(accepted))
	}
	s, url := serve(t, cut, status(http.StatusServiceUnavailable), status(http.StatusTooManyRequests), breaksOff,
		answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url, soon)
	for _, given := range []string{"", "mine"} {
		if res, err := p.Broadcast(t.Context(), Message{Data: 1, IdempotencyKey: given}); err != nil || res.ID != "e-7" {
			t.Fatalf("got %+v, %v", res, err)
		}
	}
	first := s.request(t, 0).Header.Get("Idempotency-Key")
	for i := range 5 {
		if got := s.request(t, i).Header.Get("Idempotency-Key"); got != first || s.bodies[i] != s.bodies[0] {
			t.Errorf("attempt %d: key %q, body %q", i, got, s.bodies[i])
		}
	}
	if got := s.request(t, 5).Header.Get("Idempotency-Key"); got != "mine" || first == "" {
		t.Errorf("the second message has key %q", got)
	}
}

func TestPublisher_KeysDiffer(t *testing.T) {
	s, url := serve(t, answer(http.StatusAccepted, accepted))
	p := newTestPublisher(t, url)
	for range 2 {
		if _, err := p.Broadcast(t.Context(), Message{}); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := s.request(t, 0).Header.Get("Idempotency-Key"), s.request(t, 1).Header.Get("Idempotency-Key"); a == b {
		t.Errorf("two messages share the key %q", a)
	}
}

func TestPublisher_RefusalsAreNotRepeated(t *testing.T) {
	for _, tt := range []struct {
		code int
		is   error
	}{{400, nil}, {401, ErrUnauthorized}, {403, ErrForbidden}, {404, ErrNotFound}, {409, nil}, {413, ErrTooLarge}, {302, nil}, {307, nil}} {
		s, url := serve(t, answer(tt.code, `{"error":{"code":"c","message":"m","field":"f"}}`))
		_, err := newTestPublisher(t, url, soon).Broadcast(t.Context(), Message{})
		var e *Error
		if !errors.As(err, &e) || *e != (Error{Status: tt.code, Code: "c", Message: "m", Field: "f"}) || s.count() != 1 {
			t.Errorf("%d: got %v after %d requests", tt.code, err, s.count())
		}
		if tt.is != nil {
			wantError(t, "sentinel", err, tt.is)
		}
		for _, other := range []error{ErrUnauthorized, ErrForbidden, ErrNotFound, ErrTooLarge, ErrRateLimited, ErrUnavailable} {
			if !errors.Is(other, tt.is) && errors.Is(err, other) {
				t.Errorf("%d is %v", tt.code, other)
			}
		}
	}
}

func TestPublisher_GivesUp(t *testing.T) {
	for code, is := range map[int]error{503: ErrUnavailable, 429: ErrRateLimited} {
		s, url := serve(t, status(code, "Retry-After", "0"))
		_, err := newTestPublisher(t, url, soon, WithMaxRetries(2)).Broadcast(t.Context(), Message{})
		wantError(t, "at the end", err, is)
		if s.count() != 3 {
			t.Errorf("%d requests", s.count())
		}
	}
}

// A redirect must not carry the key to another host.
func TestPublisher_DoesNotFollowRedirects(t *testing.T) {
	other, otherURL := serve(t, answer(http.StatusAccepted, accepted))
	_, url := serve(t, status(http.StatusTemporaryRedirect, "Location", otherURL))
	_, err := newTestPublisher(t, url, WithAPIKey("k")).Broadcast(t.Context(), Message{})
	if e := (*Error)(nil); !errors.As(err, &e) || e.Status != 307 || other.count() != 0 {
		t.Errorf("got %v, and the other host %d requests", err, other.count())
	}
}

func TestPublisher_RenewsItsTokenOnce(t *testing.T) {
	refused := status(http.StatusUnauthorized)
	s, url := serve(t, refused, answer(http.StatusAccepted, accepted), refused)
	token := "old"
	p := newTestPublisher(t, url, soon, WithTokenSource(func(_ context.Context, refresh bool) (string, error) {
		if refresh {
			token = "new"
		}
		return token, nil
	}))
	if _, err := p.Broadcast(t.Context(), Message{}); err != nil {
		t.Fatal(err)
	}
	if a, b := s.request(t, 0).Header.Get("Authorization"), s.request(t, 1).Header.Get("Authorization"); a != "Bearer old" || b != "Bearer new" {
		t.Errorf("got %q and %q", a, b)
	}
	_, err := p.Broadcast(t.Context(), Message{})
	wantError(t, "refused twice", err, ErrUnauthorized)
	if s.count() != 4 {
		t.Errorf("%d requests", s.count())
	}
}

func TestPublisher_BadInputAndBadAnswers(t *testing.T) {
	s, url := serve(t, answer(http.StatusOK, "<html>"))
	p := newTestPublisher(t, url)
	if _, err := p.Broadcast(t.Context(), Message{Data: func() {}}); err == nil || s.count() != 0 {
		t.Errorf("a function as data: got %v after %d requests", err, s.count())
	}
	_, err := p.Broadcast(t.Context(), Message{IdempotencyKey: "a\nb"})
	wantError(t, "key", err, ErrConfig)
	_, err = p.Broadcast(t.Context(), Message{})
	wantError(t, "HTML", err, ErrResponse)
}

func TestPublisher_StaysWithinItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := servePipe(t, status(http.StatusServiceUnavailable, "Retry-After", "30"))
		p := newTestPublisher(t, pipeURL, pipe)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := p.Broadcast(ctx, Message{})
		wantError(t, "too late", err, ErrUnavailable)
		if s.count() != 1 || time.Since(start) != 0 {
			t.Errorf("%d requests in %v: it waits for what the context does not allow", s.count(), time.Since(start))
		}
		early, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		_, err = p.Broadcast(early, Message{})
		wantError(t, "cancelled", err, context.Canceled)
		wantError(t, "cancelled", err, ErrUnavailable)
	})
}

func TestPublisher_TimeoutOfAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		s, pipe := servePipe(t, stuck, answer(http.StatusAccepted, accepted), stuck)
		p := newTestPublisher(t, pipeURL, pipe, WithTimeout(3*time.Second), WithMaxRetries(1))
		if _, err := p.Broadcast(t.Context(), Message{}); err != nil || s.count() != 2 {
			t.Errorf("got %v after %d requests", err, s.count())
		}
		_, err := p.Broadcast(t.Context(), Message{})
		wantError(t, "stuck", err, ErrTimeout)
	})
}
