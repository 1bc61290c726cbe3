package transport

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Not only the burst but the rate that is left after it, for single messages and
// for batches of any size.
func TestPublishLimit_RateHolds(t *testing.T) {
	for _, tt := range []struct {
		name            string
		cfg             Config
		messages, size  int
		least, greatest int // messages of one hundred seconds
	}{
		{"single messages", Config{PublishRate: 10, PublishBurst: 5}, 1, 1, 1000, 1006},
		{"burst of a second", Config{PublishRate: 10}, 1, 1, 1000, 1011},
		{"batches within the burst", Config{PublishRate: 10, PublishBurst: 50}, 20, 1, 1000, 1070},
		{"batches far beyond the burst", Config{PublishRate: 10, PublishBurst: 5}, 500, 1, 1000, 1505},
		{"bytes", Config{PublishBytes: 1000}, 1, 100, 1000, 1011},
		{"bodies larger than a second's worth", Config{PublishBytes: 100}, 1, 1000, 10, 12},
		{"the tighter of both", Config{PublishRate: 100, PublishBytes: 1000}, 1, 100, 1000, 1011},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPublishLimit(&tt.cfg)
				admitted := 0
				for range 10_000 { // 100 a second
					if scope, _ := l.take("service/a", tt.messages, tt.size, time.Now()); scope == "" {
						admitted += tt.messages
					}
					time.Sleep(10 * time.Millisecond)
				}
				if admitted < tt.least || admitted > tt.greatest {
					t.Errorf("%d messages in 100 s, want %d to %d", admitted, tt.least, tt.greatest)
				}
			})
		})
	}
}

// Who comes back when told to gets in, and not before.
func TestPublishLimit_WaitIsEnoughAndNotTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPublishLimit(&Config{PublishRate: 10, PublishBytes: 1000})
		try := func() (string, time.Duration) { return l.take("a", 25, 7000, time.Now()) }
		if scope, _ := try(); scope != "" {
			t.Fatalf("refused by %s", scope)
		}
		var waited time.Duration
		for {
			scope, wait := try()
			if scope == "" {
				break
			}
			time.Sleep(wait - time.Millisecond)
			if scope, _ := try(); scope == "" {
				t.Fatal("let in too early")
			}
			time.Sleep(2 * time.Millisecond)
			waited += wait
		}
		if waited < 6*time.Second || waited > 6100*time.Millisecond {
			t.Errorf("7000 bytes were waited for %v, at 1000 a second and as many at once", waited)
		}
	})
}

func TestPublishLimit_CallersAreOnTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPublishLimit(&Config{PublishRate: 1})
		for _, caller := range []string{"service/a", "service/b", "user/a"} {
			if scope, _ := l.take(caller, 1, 1, time.Now()); scope != "" {
				t.Errorf("%s was refused", caller)
			}
		}
		if scope, _ := l.take("service/a", 1, 1, time.Now()); scope != scopePublishRate {
			t.Errorf("got %q", scope)
		}
	})
}

// Callers who owe nothing take no memory; those who owe are not let off.
func TestPublishLimit_ForgetsOnlyTheIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPublishLimit(&Config{PublishRate: 10})
		l.take("debtor", 100_000, 1, time.Now())
		for i := range 100 * leastSweep {
			l.take("user/"+strconv.Itoa(i), 1, 1, time.Now())
			time.Sleep(time.Millisecond)
		}
		if n := len(l.callers); n > leastSweep {
			t.Errorf("%d callers are kept", n)
		}
		if scope, _ := l.take("debtor", 1, 1, time.Now()); scope == "" {
			t.Error("the debt is forgotten")
		}
	})
}

func TestPublish_RateLimited(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.PublishRate, o.PublishBurst = 0.001, 3 })
	batch := func(n int, key string) *response {
		return h.ask("POST", "/api/messages", strings.Repeat(`{"to":"all","data":1}`+"\n", n),
			apiKeyHeader(key), "Content-Type: application/x-ndjson")
	}
	batch(5, publishKey).want(t, 202, "") // more than the burst, and whole
	for _, r := range []*response{h.post(`{"to":"all","data":1}`), batch(2, publishKey)} {
		r.want(t, 429, "rate_limited")
		if after, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || after < 2900 || after > 3000 {
			t.Errorf("Retry-After %q, want the time for three messages", r.Header.Get("Retry-After"))
		}
	}
	batch(4, adminKey).want(t, 202, "") // another key
	h.ask("GET", "/api/stats", "", apiKeyHeader(adminKey)).want(t, 200, "")
	if got := h.messagesIn.Load(); got != 9 {
		t.Errorf("%d messages were stored", got)
	}
	for name, want := range map[string]string{
		`hub_ratelimit_hits_total{scope="publish_rate"}`:            "2",
		`hub_publish_requests_total{target="none",code="429"}`:      "2",
		`hub_http_errors_total{code="429"}`:                         "2",
		`hub_publish_requests_total{target="broadcast",code="202"}`: "9",
	} {
		if got := h.counter(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestPublish_BytesLimited(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.PublishBytes = 100 })
	body := fmt.Sprintf(`{"to":"all","data":"%s"}`, strings.Repeat("a", 60_000))
	h.post(body).want(t, 202, "")
	r := h.post(`{"to":"all","data":1}`)
	r.want(t, 429, "rate_limited")
	if _, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || !strings.Contains(r.body, "bytes") {
		t.Errorf("got %v %s", r.Header, r.body)
	}
	if got := h.counter(`hub_ratelimit_hits_total{scope="publish_bytes"}`); got != "1" {
		t.Errorf("counted %s", got)
	}
}

func TestPublish_LimitIsReloaded(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.PublishRate, o.PublishBurst = 0.001, 1 })
	cfg := h.cfg
	post := func() *response { return h.post(`{"to":"all","data":1}`) }
	post().want(t, 202, "")
	h.check(h.Reload(cfg)) // nothing is new, and the debt not forgotten
	post().want(t, 429, "rate_limited")
	cfg.PublishBurst = 2
	h.check(h.Reload(cfg))
	post().want(t, 202, "")
	post().want(t, 202, "")
	post().want(t, 429, "rate_limited")
	cfg.PublishRate = 0
	h.check(h.Reload(cfg))
	post().want(t, 202, "")
}
