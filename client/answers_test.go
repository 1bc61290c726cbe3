package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestStream_AnswersThatAreFinal(t *testing.T) {
	f := func(h http.HandlerFunc, want error, code int) {
		t.Helper()
		s, url := serve(t, h)
		err := discard(subscribe(t, url, soon))
		if want != nil {
			wantError(t, strconv.Itoa(code), err, want)
		}
		if e := (*Error)(nil); code != 0 && (!errors.As(err, &e) || e.Status != code) {
			t.Errorf("%d: got %v", code, err)
		}
		if s.count() != 1 {
			t.Errorf("%d: %d requests", code, s.count())
		}
	}
	f(status(http.StatusNoContent), ErrStopped, 0)
	f(status(http.StatusUnauthorized), ErrUnauthorized, http.StatusUnauthorized)
	f(status(http.StatusForbidden), ErrForbidden, http.StatusForbidden)
	f(status(http.StatusNotFound), ErrNotFound, http.StatusNotFound)
	f(status(http.StatusGone), nil, http.StatusGone)
	f(status(http.StatusBadRequest), nil, http.StatusBadRequest)
	f(status(http.StatusResetContent), nil, http.StatusResetContent)
	f(status(http.StatusOK), ErrContentType, 0)
	f(status(http.StatusOK, "Content-Type", "text/html"), ErrContentType, 0)
	f(status(http.StatusOK, "Content-Type", "text/event-streamx"), ErrContentType, 0)
	f(status(http.StatusOK, "Content-Type", "text/x-event-stream"), ErrContentType, 0)
}

func TestStream_AnswersThatAreTriedAgain(t *testing.T) {
	for _, h := range []http.HandlerFunc{
		status(http.StatusRequestTimeout), status(http.StatusTooEarly), status(http.StatusTooManyRequests),
		status(http.StatusInternalServerError), status(http.StatusBadGateway),
		status(http.StatusServiceUnavailable), status(http.StatusGatewayTimeout), cut, stream(""),
	} {
		s, url := serve(t, h, h, hold("data: a\n\n"))
		until(t, subscribe(t, url, soon), "a")
		if s.count() != 3 {
			t.Errorf("%d requests", s.count())
		}
	}
}

func TestStream_ContentTypesOfAStream(t *testing.T) {
	for _, ct := range []string{"text/event-stream;", "Text/Event-Stream; charset=latin1", "text/event-stream ;x=\"", " text/event-stream"} {
		_, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", ct)
			fmt.Fprint(w, "data: ok\n\n")
		})
		if got, err := collect(subscribe(t, url, soon), 1); got != "ok" || err != nil {
			t.Errorf("%q: got %q, %v", ct, got, err)
		}
	}
}

func TestStream_RedirectsAreFollowedAndForgotten(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		s, url := serve(t, status(code, "Location", "/other"), stream("data: a\n\n"), hold("data: b\n\n"))
		until(t, subscribe(t, url+"/start", soon), "b")
		for i, want := range []string{"/start", "/other", "/start"} {
			if got := s.request(t, i).URL.Path; got != want {
				t.Errorf("%d: request %d went to %s, want %s", code, i, got, want)
			}
		}
	}
}

func TestStream_HubsErrorIsTyped(t *testing.T) {
	_, url := serve(t, answer(http.StatusForbidden, `{"error":{"code":"topic_forbidden","message":"no","field":"topics"}}`))
	err := discard(subscribe(t, url))
	var e *Error
	if !errors.As(err, &e) || *e != (Error{Status: 403, Code: "topic_forbidden", Message: "no", Field: "topics"}) {
		t.Errorf("got %#v", err)
	}
	if want := "client: stream: refused with status 403 (topic_forbidden) for topics: no"; err.Error() != want {
		t.Errorf("got %q", err)
	}
}

func TestStream_TokenIsAskedPerAttemptAndRenewedOnce(t *testing.T) {
	s, url := serve(t, status(http.StatusUnauthorized), stream("data: a\n\n"), status(http.StatusServiceUnavailable),
		status(http.StatusUnauthorized), hold("data: b\n\n"))
	var asked []bool
	tokens := func(_ context.Context, refresh bool) (string, error) {
		asked = append(asked, refresh)
		return fmt.Sprint("t", len(asked)), nil
	}
	until(t, subscribe(t, url, soon, WithTokenSource(tokens)), "b")
	if got, want := fmt.Sprint(asked), "[false true false false true]"; got != want {
		t.Errorf("asked %v, want %v", got, want)
	}
	for i := range 5 {
		if got, want := s.request(t, i).Header.Get("Authorization"), fmt.Sprint("Bearer t", i+1); got != want {
			t.Errorf("request %d: got %q, want %q", i, got, want)
		}
	}
}

func TestStream_SecondRefusalIsFinal(t *testing.T) {
	// An interruption in between does not earn another try.
	s, url := serve(t, status(http.StatusUnauthorized), cut, status(http.StatusUnauthorized))
	tokens := func(context.Context, bool) (string, error) { return "t", nil }
	wantError(t, "refused twice", discard(subscribe(t, url, soon, WithTokenSource(tokens))), ErrUnauthorized)
	if s.count() != 3 {
		t.Errorf("%d requests", s.count())
	}
}

func TestStream_TokenSourceErrors(t *testing.T) {
	s, url := serve(t, hold("data: a\n\n"))
	tries := 0
	flaky := func(context.Context, bool) (string, error) {
		if tries++; tries < 3 {
			return "", errors.New("identity provider is down")
		}
		return "t", nil
	}
	until(t, subscribe(t, url, soon, WithTokenSource(flaky)), "a")
	refuses := func(context.Context, bool) (string, error) { return "", fmt.Errorf("logged out: %w", ErrUnauthorized) }
	wantError(t, "logged out", discard(subscribe(t, url, soon, WithTokenSource(refuses))), ErrUnauthorized)
	broken := func(context.Context, bool) (string, error) { return "line\nend", nil }
	wantError(t, "no header", discard(subscribe(t, url, soon, WithTokenSource(broken))), ErrUnauthorized)
	if s.count() != 1 {
		t.Errorf("%d requests", s.count())
	}
}

func TestStream_GivesUpAfterMaxRetries(t *testing.T) {
	s, url := serve(t, status(http.StatusBadGateway))
	err := discard(subscribe(t, url, soon, WithMaxRetries(2)))
	if e := (*Error)(nil); !errors.As(err, &e) || e.Status != http.StatusBadGateway || s.count() != 3 {
		t.Errorf("got %v after %d requests", err, s.count())
	}
}

func TestStream_LogsAndErrorsHoldNoSecrets(t *testing.T) {
	_, url := serve(t, cut)
	var text strings.Builder
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	err := discard(subscribe(t, url+"/api/sse?ticket=s3cret", soon, WithMaxRetries(1), WithLogger(log), WithTokenSource(StaticToken("s3cret"))))
	_, bad := Subscribe(t.Context(), "ftp://x/?ticket=s3cret")
	if out := text.String() + err.Error() + bad.Error(); strings.Contains(out, "s3cret") || !strings.Contains(out, "stream interrupted") {
		t.Errorf("got %s", out)
	}
}
