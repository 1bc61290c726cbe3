package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

var testSecret = []byte("a secret of twenty-four bytes")

func newTestSender(t *testing.T, url string, log io.Writer) *sender {
	t.Helper()
	return newSender(&Config{URL: url, Secret: testSecret, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))},
		newCounts(metrics.NewSet()), func([]Event) {})
}

func events(users ...string) []Event {
	var all []Event
	for _, u := range users {
		all = append(all, Event{Type: UserOnline, User: u, At: time.Unix(1, 0).UTC(), Instance: "a"})
	}
	return all
}

func TestSender_SignsAsStandardWebhooks(t *testing.T) {
	type request struct {
		h    http.Header
		body string
	}
	got := make(chan request, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, string(body)}
	}))
	defer srv.Close()
	s := newTestSender(t, srv.URL, io.Discard)
	s.send(events("alice"))
	r := <-got
	const body = `{"type":"user.online","userId":"alice","at":"1970-01-01T00:00:01Z","instance":"a"}`
	if r.body != body {
		t.Errorf("got %s", r.body)
	}
	mac := hmac.New(sha256.New, testSecret)
	mac.Write([]byte(r.h.Get("webhook-id") + "." + r.h.Get("webhook-timestamp") + "." + body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.h.Get("webhook-signature") != want {
		t.Errorf("got %q, want %q", r.h.Get("webhook-signature"), want)
	}
	s.close(t.Context())
}

// The vector is that of the Standard Webhooks libraries.
func TestSign_Vector(t *testing.T) {
	secret, err := ParseSecret([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	sign(h, secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("got %s", got)
	}
}

func TestParseSecret(t *testing.T) {
	for _, bad := range []string{"", "short", "whsec_", "whsec_AAAA", "whsec_!" + strings.Repeat("A", 40)} {
		if _, err := ParseSecret([]byte(bad)); !errors.Is(err, ErrSecret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got, err := ParseSecret(append(bytes.Clone(testSecret), '\n')); err != nil || !bytes.Equal(got, testSecret) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestSender_RetriesWithTheSameIDAndBatchesWhatWaits(t *testing.T) {
	var failures atomic.Int32
	type request struct{ id, body string }
	got := make(chan request, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header.Get("webhook-id"), string(body)}
		if failures.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	s := newTestSender(t, srv.URL, io.Discard)
	s.send(events("alice"))
	first := <-got
	s.send(events("bob", "carol"))
	if again := <-got; again != first || again.id == "" {
		t.Errorf("got %v, then %v", first, again)
	}
	if next := <-got; next.id == first.id || !strings.HasPrefix(next.body, `{"type":"batch","events":[{"type":"user.online","userId":"bob"`) {
		t.Errorf("got %v", next)
	}
	s.close(t.Context())
	if s.counts.sent.Get() != 3 || s.counts.ok.Get() != 2 || s.counts.failed.Get() != 1 {
		t.Errorf("sent %d, ok %d, failed %d", s.counts.sent.Get(), s.counts.ok.Get(), s.counts.failed.Get())
	}
}

func TestSender_FollowsNoRedirectAndTellsNoSecret(t *testing.T) {
	var visited atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited.Store(true) }))
	defer elsewhere.Close()
	asked := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		asked <- struct{}{}
	}))
	defer srv.Close()
	var log bytes.Buffer
	s := newTestSender(t, srv.URL+"/?key=hidden", &log)
	s.send(events("alice"))
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s.close(ctx)
	if visited.Load() {
		t.Error("a redirect was followed")
	}
	if s.counts.byRetries.Get() != 1 || s.counts.sent.Get() != 0 {
		t.Errorf("dropped %d, sent %d", s.counts.byRetries.Get(), s.counts.sent.Get())
	}
	srv.Close()
	s = newTestSender(t, srv.URL+"/?key=hidden", &log) // nobody listens
	s.send(events("alice"))
	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	s.close(short)
	if text := log.String(); strings.Contains(text, "hidden") || strings.Contains(text, string(testSecret)) || !strings.Contains(text, "given up") {
		t.Errorf("the log:\n%s", text)
	}
}

func TestSender_AFullQueueDropsAndCounts(t *testing.T) {
	s := &sender{queue: make(chan Event, 1), counts: newCounts(metrics.NewSet())}
	s.send(events("a", "b", "c"))
	if got := s.counts.byQueue.Get(); got != 2 {
		t.Errorf("%d dropped", got)
	}
}
