package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// stubSource stands for the issuer: it counts the fetches and can be slow,
// silent, or rotate its keys.
type stubSource struct {
	mu      sync.Mutex
	keys    keyIndex
	err     error
	delay   time.Duration
	fetches int
	running int
	overlap bool
}

func (s *stubSource) fetch(ctx context.Context) (keyIndex, error) {
	s.mu.Lock()
	s.fetches++
	s.running++
	s.overlap = s.overlap || s.running > 1
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return s.keys, s.err
}

func (s *stubSource) set(keys keyIndex, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.err = keys, err
}

func (s *stubSource) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

func edKey(kid string) keyIndex { return keyIndex{{EdDSA, kid}: publicKey(edPair())} }

// token of the key kid, signed for EdDSA.
func edToken(kid string) string {
	return forge(`{"alg":"EdDSA","kid":"`+kid+`"}`, claimsWith(""), by(jwt.SigningMethodEdDSA, edPair()))
}

// bubble is a test in synctest's time, of a Verifier whose keys come from a source.
type bubble struct {
	*testing.T
	verify func(token string) error
}

func openStub(t *testing.T, s *stubSource, f func(b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := &Verifier{}
		v.cfg.Store(&Config{Keys: []Key{hmacKey(secretText)}})
		v.jwks = openKeySet(t.Context(), s.fetch, slog.New(slog.DiscardHandler))
		f(&bubble{T: t, verify: func(token string) error {
			_, err := v.Verify(t.Context(), token)
			return err
		}})
		v.Close()
		if s.overlap {
			t.Error("two fetches at a time")
		}
	})
}

func TestJWKS_KeyIsFoundByKidAndAlgorithm(t *testing.T) {
	s := &stubSource{keys: keyIndex{{EdDSA, "ed"}: publicKey(edPair()), {RS256, "rs"}: publicKey(rsaPair()), {RS256, ""}: publicKey(rsaPair())}}
	openStub(t, s, func(b *bubble) {
		rs := by(jwt.SigningMethodRS256, rsaPair())
		for _, tt := range []struct {
			name, token string
			want        error
		}{
			{"its key", edToken("ed"), nil},
			{"its key, RSA", forge(`{"alg":"RS256","kid":"rs"}`, claimsWith(""), rs), nil},
			{"without a kid, the only RSA key", forge(`{"alg":"RS256"}`, claimsWith(""), rs), nil},
			{"a configured key beside the JWKS", forge(headerHS256, claimsWith(""), byHMAC), nil},
			{"another key's kid", forge(`{"alg":"EdDSA","kid":"rs"}`, claimsWith(""), by(jwt.SigningMethodEdDSA, edPair())), ErrUnknownKey},
			{"a bad signature", forge(`{"alg":"EdDSA","kid":"ed"}`, claimsWith(""), byHMAC), ErrSignature},
			{"an unknown kid", edToken("other"), ErrUnknownKey},
			{"no kid, and no such key", forge(`{"alg":"ES256"}`, claimsWith(""), byNone), ErrUnknownKey},
			{"kid as a path", edToken("../../dev/null"), ErrUnknownKey},
			{"kid as a query", edToken("ed' OR '1'='1"), ErrUnknownKey},
			{"kid as an address", edToken("https://evil.example/"), ErrUnknownKey},
			{"kid in other letter case", edToken("ED"), ErrUnknownKey},
			{"the public key as a secret", forge(`{"alg":"HS256","kid":"ed"}`, claimsWith(""), by(jwt.SigningMethodHS256, publicDER(edPair()))), ErrSignature},
			{"alg none with a known kid", forge(`{"alg":"none","kid":"ed"}`, claimsWith(""), byNone), ErrUnknownKey},
		} {
			if err := b.verify(tt.token); !errors.Is(err, tt.want) {
				b.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
		}
		if n := s.count(); n != 2 {
			b.Errorf("%d fetches, want the first and one for all the unknown kids", n)
		}
	})
}

// Fails when ask does not look at the time of the last question.
func TestJWKS_UnknownKidsCauseOneFetchAMinute(t *testing.T) {
	s := &stubSource{keys: edKey("a"), delay: time.Millisecond}
	openStub(t, s, func(b *bubble) {
		start := time.Now()
		for i := range 300 {
			if err := b.verify(edToken(fmt.Sprint("kid", i))); !errors.Is(err, ErrUnknownKey) {
				b.Fatalf("got %v, want ErrUnknownKey", err)
			}
			time.Sleep(time.Second)
		}
		minutes := int(time.Since(start) / time.Minute)
		if n := s.count(); n > minutes+2 {
			b.Errorf("%d fetches in %d minutes", n, minutes)
		}
	})
}

// Fails when the waiting callers each ask for a fetch of their own.
func TestJWKS_ManyWaitForOneFetch(t *testing.T) {
	s := &stubSource{keys: edKey("old"), delay: time.Second}
	openStub(t, s, func(b *bubble) {
		s.set(edKey("new"), nil)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := b.verify(edToken("new")); err != nil {
					b.Errorf("the rotated key: %v", err)
				}
			})
		}
		wg.Wait()
		if n := s.count(); n != 2 {
			b.Errorf("%d fetches, want 2", n)
		}
		if err := b.verify(edToken("old")); !errors.Is(err, ErrUnknownKey) {
			b.Errorf("a key that the issuer has taken back: got %v, want ErrUnknownKey", err)
		}
	})
}

func TestJWKS_ACallerNeedNotWait(t *testing.T) {
	s := &stubSource{keys: edKey("a"), delay: 4 * time.Second}
	synctest.Test(t, func(t *testing.T) {
		set := openKeySet(t.Context(), s.fetch, slog.New(slog.DiscardHandler))
		defer set.close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := set.find(ctx, EdDSA, "b"); !errors.Is(err, ErrUnknownKey) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		if _, err := set.find(ctx, EdDSA, "a"); err != nil {
			t.Error("a known key has to wait for the fetch")
		}
	})
}

func TestJWKS_KeysAreRefreshedEveryHour(t *testing.T) {
	s := &stubSource{keys: edKey("a")}
	openStub(t, s, func(b *bubble) {
		s.set(edKey("b"), nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := s.count(); n != 2 {
			b.Errorf("%d fetches in an hour, want 2", n)
		}
		if b.verify(edToken("b")) != nil || b.verify(edToken("a")) == nil {
			b.Error("the keys are still the old ones")
		}
	})
}

func TestJWKS_KnownKeysOutliveTheIssuer(t *testing.T) {
	s := &stubSource{keys: edKey("a")}
	openStub(t, s, func(b *bubble) {
		s.set(nil, errors.New("down"))
		for range 30 {
			time.Sleep(time.Hour)
			if err := b.verify(edToken("a")); err != nil {
				b.Fatal(err)
			}
			if err := b.verify(edToken("b")); !errors.Is(err, ErrKeysUnavailable) {
				b.Fatalf("got %v, want ErrKeysUnavailable", err)
			}
		}
		s.set(edKey("b"), nil)
		time.Sleep(retryInterval)
		synctest.Wait()
		if err := b.verify(edToken("b")); err != nil {
			b.Errorf("after the issuer is back: %v", err)
		}
	})
}

// What is not known to be bad is not called bad: clients that are told so give up.
func TestJWKS_IssuerIsDownAtStart(t *testing.T) {
	s := &stubSource{err: errors.New("down")}
	openStub(t, s, func(b *bubble) {
		for _, token := range []string{edToken("a"), forge(`{"alg":"EdDSA"}`, claimsWith(""), by(jwt.SigningMethodEdDSA, edPair()))} {
			if err := b.verify(token); !errors.Is(err, ErrKeysUnavailable) {
				b.Errorf("got %v, want ErrKeysUnavailable", err)
			}
		}
		if err := b.verify(forge(headerHS256, claimsWith(""), byNone)); !errors.Is(err, ErrSignature) {
			b.Errorf("a token of a configured key's algorithm: got %v, want ErrSignature", err)
		}
		s.set(edKey("a"), nil)
		time.Sleep(firstInterval)
		synctest.Wait()
		if err := b.verify(edToken("a")); err != nil {
			b.Errorf("some seconds later: %v", err)
		}
		if err := b.verify(edToken("b")); !errors.Is(err, ErrUnknownKey) {
			b.Errorf("got %v, want ErrUnknownKey", err)
		}
	})
}

// A question during a fetch is answered by it, and asks for no further one.
func TestJWKS_AskingDuringTheHourlyFetch(t *testing.T) {
	s := &stubSource{keys: edKey("a"), delay: 3 * time.Second}
	openStub(t, s, func(b *bubble) {
		s.set(edKey("b"), nil)
		for s.count() < 2 {
			time.Sleep(time.Second)
		}
		if err := b.verify(edToken("b")); err != nil {
			b.Error(err)
		}
		time.Sleep(time.Minute)
		if n := s.count(); n != 2 {
			b.Errorf("%d fetches, want 2", n)
		}
	})
}

func TestJWKS_CloseEndsAFetchAndItsWaiters(t *testing.T) {
	s := &stubSource{keys: edKey("a")}
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		set := openKeySet(t.Context(), s.fetch, slog.New(slog.NewTextHandler(&log, nil)))
		s.mu.Lock()
		s.delay = time.Hour
		s.mu.Unlock()
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = set.find(t.Context(), EdDSA, "b") })
		synctest.Wait()
		start := time.Now()
		set.close()
		wg.Wait()
		if _, err := set.find(t.Context(), EdDSA, "a"); err != nil {
			t.Error("known keys are gone")
		}
		_, _ = set.find(t.Context(), EdDSA, "c")
		if time.Since(start) != 0 || log.Len() > 0 {
			t.Errorf("took %v, logged %q", time.Since(start), log.String())
		}
	})
}
