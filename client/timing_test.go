package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

const pipeURL = "http://hub.example/api/sse"

// beats sends a byte at every interval, n times, and then nothing.
func beats(n int, every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		write(w, "")
		for range n {
			sleep(r.Context(), every)
			write(w, ":")
		}
		<-r.Context().Done()
	}
}

func TestStream_SilenceEndsAConnectionAndAnyByteCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, pipe := servePipe(t, beats(10, 40*time.Second), hold("data: a\n\n"))
		start := time.Now()
		var w waits
		var after time.Duration
		until(t, subscribe(t, pipeURL, pipe, OnState(func(st Status) {
			if w.observe(st); st.State == Waiting {
				after = time.Since(start)
			}
		})), "a")
		wantError(t, "wait", w[0], ErrIdle)
		if want := 400*time.Second + 45*time.Second; after != want {
			t.Errorf("gave up after %v, want %v", after, want)
		}
	})
}

func TestStream_WatchdogSettings(t *testing.T) {
	f := func(text string, want time.Duration, opts ...Option) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			_, pipe := servePipe(t, hold(text), hold("data: a\n\n"))
			start := time.Now()
			var silent time.Duration
			opts = append(opts, pipe, OnState(func(st Status) {
				if st.State == Waiting {
					silent = time.Since(start)
				}
			}))
			until(t, subscribe(t, pipeURL, opts...), "a")
			if silent != want {
				t.Errorf("gave up after %v, want %v", silent, want)
			}
		})
	}
	const slow = "event: connected\ndata: {\"heartbeatMs\":60000}\n\n"
	f("data: x\n\n", 45*time.Second)
	f("event: connected\ndata: {\"heartbeatMs\":15000}\n\n", 45*time.Second)
	f("event: connected\ndata: {\"heartbeatMs\":5000}\n\n", 45*time.Second)
	f("event: connected\ndata: not JSON\n\n", 45*time.Second)
	f(slow, 180*time.Second)
	f(slow, 20*time.Second, WithIdleTimeout(20*time.Second))
}

func TestStream_TimeOfTheCallerIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := servePipe(t, func(w http.ResponseWriter, r *http.Request) {
			for i := range 3 {
				write(w, fmt.Sprintf("data: %d\n\n", i))
			}
			<-r.Context().Done()
		})
		for ev, err := range subscribe(t, pipeURL, pipe).Events() {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if string(ev.Data) == "2" {
				break
			}
		}
		if s.count() != 1 {
			t.Errorf("%d connections", s.count())
		}
	})
}

func TestStream_ConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, pipe := servePipe(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, hold("data: a\n\n"))
		var w waits
		until(t, subscribe(t, pipeURL, pipe, OnState(w.observe)), "a")
		wantError(t, "wait", w[0], ErrTimeout)
	})
}

// within reports the gaps between requests that are not in [low, high].
func within(t *testing.T, gaps []time.Duration, bounds ...[2]time.Duration) {
	t.Helper()
	if len(gaps) != len(bounds) {
		t.Fatalf("got %v", gaps)
	}
	for i, b := range bounds {
		if gaps[i] < b[0] || gaps[i] > b[1] {
			t.Errorf("wait %d was %v, want %v to %v", i+1, gaps[i], b[0], b[1])
		}
	}
}

func TestStream_BackoffDoublesToItsCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s = time.Second
		srv, pipe := servePipe(t, cut, cut, cut, cut, cut, cut, cut, hold("data: a\n\n"))
		until(t, subscribe(t, pipeURL, pipe), "a")
		within(t, srv.between(), [2]time.Duration{s / 2, s}, [2]time.Duration{s, 2 * s}, [2]time.Duration{2 * s, 4 * s},
			[2]time.Duration{4 * s, 8 * s}, [2]time.Duration{8 * s, 16 * s}, [2]time.Duration{15 * s, 30 * s}, [2]time.Duration{15 * s, 30 * s})
	})
}

// lasting is a stream that ends after d.
func lasting(d time.Duration, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		write(w, text)
		sleep(r.Context(), d)
	}
}

func TestStream_BackoffStartsAnewOnlyAfterAStableStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s = time.Second
		flap, stable := 4*s, 6*s
		srv, pipe := servePipe(t, lasting(flap, ""), lasting(flap, ""), lasting(stable, ""), hold("data: a\n\n"))
		until(t, subscribe(t, pipeURL, pipe), "a")
		within(t, srv.between(), [2]time.Duration{flap + s/2, flap + s}, [2]time.Duration{flap + s, flap + 2*s},
			[2]time.Duration{stable + s/2, stable + s})
	})
}

func TestStream_WaitsAsTheServerAsks(t *testing.T) {
	f := func(first http.HandlerFunc, low, high time.Duration) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			srv, pipe := servePipe(t, first, hold("data: a\n\n"))
			until(t, subscribe(t, pipeURL, pipe), "a")
			within(t, srv.between(), [2]time.Duration{low, high})
		})
	}
	const s = time.Second
	f(stream("retry: 4000\n\n"), 2*s, 4*s)
	f(stream("retry: 60000\n\n"), 30*s, 60*s) // over the cap
	f(stream("retry: 0\n\n"), 5*time.Millisecond, 10*time.Millisecond)
	f(stream("retry: 99999999999999999999\n\n"), 30*time.Minute, time.Hour)
	f(status(http.StatusServiceUnavailable, "Retry-After", "20"), 20*s, 24*s)
	f(status(http.StatusTooManyRequests, "Retry-After", "0"), s/2, s)
	f(status(http.StatusTooManyRequests, "Retry-After", "999999999"), time.Hour, 72*time.Minute)
	f(status(http.StatusServiceUnavailable, "Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"), 30*s, 36*s) // a bubble starts at 2000
	f(stream("event: reconnect\ndata: {\"reason\":\"drain\",\"retryMs\":9000}\n\n"), 9*s, 11*s)
	f(stream("event: reconnect\ndata: {}\n\n"), s/2, s)
}

func TestStream_RetryFieldOutlivesItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, pipe := servePipe(t, stream("retry: 10000\n\n"), status(http.StatusBadGateway), hold("data: a\n\n"))
		until(t, subscribe(t, pipeURL, pipe), "a")
		within(t, srv.between(), [2]time.Duration{5 * time.Second, 10 * time.Second}, [2]time.Duration{10 * time.Second, 20 * time.Second})
	})
}

func TestStream_RenewsTheTokenBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hello = "id: e-5\nevent: connected\ndata: {\"heartbeatMs\":900000,\"tokenExpiresInMs\":600000}\n\n"
		srv, pipe := servePipe(t, hold(hello), hold("data: a\n\n"))
		var asked []bool
		tokens := func(_ context.Context, refresh bool) (string, error) {
			asked = append(asked, refresh)
			return "t", nil
		}
		until(t, subscribe(t, pipeURL, pipe, WithTokenSource(tokens)), "a")
		within(t, srv.between(), [2]time.Duration{8 * time.Minute, 9 * time.Minute})
		if fmt.Sprint(asked) != "[false true]" {
			t.Errorf("asked %v", asked)
		}
		if got := srv.request(t, 1).Header.Get("Last-Event-ID"); got != "e-5" {
			t.Errorf("resumed after %q", got)
		}
	})
}

// A source that only has tokens at their end must not make the client spin.
func TestStream_ShortTokensBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, pipe := servePipe(t, hold("event: connected\ndata: {\"tokenExpiresInMs\":10}\n\n"))
		n := 0
		tokens := func(context.Context, bool) (string, error) { n++; return strconv.Itoa(n), nil }
		err := discard(subscribe(t, pipeURL, pipe, WithTokenSource(tokens), WithMaxRetries(5)))
		wantError(t, "end", err, errRenew)
		if gaps := srv.between(); gaps[len(gaps)-1] < 8*time.Second {
			t.Errorf("waits of %v", gaps)
		}
	})
}

// A source without another token is asked for one only once; the stream then
// lasts as long as the token.
func TestStream_TokenThatCannotBeRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hello := func(left time.Duration) http.HandlerFunc {
			return lasting(left, fmt.Sprintf("event: connected\ndata: {\"heartbeatMs\":900000,\"tokenExpiresInMs\":%d}\n\n", left.Milliseconds()))
		}
		srv, pipe := servePipe(t, hello(10*time.Minute), hello(time.Minute), status(http.StatusUnauthorized))
		err := discard(subscribe(t, pipeURL, pipe, WithTokenSource(StaticToken("t"))))
		wantError(t, "expired", err, ErrUnauthorized)
		if e := (*Error)(nil); !errors.As(err, &e) || srv.count() != 4 {
			t.Errorf("got %v after %d requests", err, srv.count())
		}
		if gaps := srv.between(); gaps[1] < time.Minute {
			t.Errorf("waits of %v", gaps)
		}
	})
}

func TestStream_CloseWinsOverAPendingRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, pipe := servePipe(t, cut)
		var st *Stream
		st = subscribe(t, pipeURL, pipe, OnState(func(s Status) {
			if s.State == Waiting {
				time.AfterFunc(time.Millisecond, func() { _ = st.Close() })
			}
		}))
		if err := discard(st); err != nil || srv.count() != 1 {
			t.Errorf("got %v after %d requests", err, srv.count())
		}
	})
}

func TestStream_DeadlineOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, pipe := servePipe(t, hold(""))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		st, err := Subscribe(ctx, pipeURL, pipe)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if err := discard(st); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
