package auth

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	refreshInterval = time.Hour       // between fetches that nobody asked for
	retryInterval   = time.Minute     // after a fetch that failed
	firstInterval   = 5 * time.Second // the same while there are no keys at all
	askInterval     = time.Minute     // between fetches that unknown kids cause
)

// keyID is what a token names a key of a JWKS by.
type keyID struct{ alg, kid string }

// keyIndex holds the usable keys of a JWKS.
type keyIndex map[keyID]Key

// keySet keeps the keys of a JWKS up to date. One goroutine does all the
// fetching, so that there is never more than one request at a time.
type keySet struct {
	fetch   func(context.Context) (keyIndex, error)
	log     *slog.Logger
	keys    atomic.Pointer[keyIndex]
	current atomic.Bool   // keys are what the source had at the last fetch
	wake    chan struct{} // asks the goroutine for a fetch; holds one
	cancel  context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	pending chan struct{} // closed after the fetch that is running or asked for
	asked   time.Time     // when an unknown kid last caused a fetch
}

// openKeySet starts the refreshing, and returns after the first fetch or at the
// end of ctx.
func openKeySet(ctx context.Context, fetch func(context.Context) (keyIndex, error), log *slog.Logger) *keySet {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	first := make(chan struct{})
	s := &keySet{
		fetch: fetch, log: log, wake: make(chan struct{}, 1),
		cancel: cancel, stopped: make(chan struct{}), pending: first,
	}
	s.keys.Store(&keyIndex{})
	go s.run(life)
	select {
	case <-first:
	case <-ctx.Done():
	}
	return s
}

func (s *keySet) close() {
	s.cancel()
	<-s.stopped
}

// find returns the key for a token. For an unknown kid it asks the source
// again, but only once in askInterval, however many kids are tried.
//
// Errors: ErrUnknownKey, or ErrKeysUnavailable if the source might know the key.
func (s *keySet) find(ctx context.Context, alg, kid string) (Key, error) {
	if k, ok := (*s.keys.Load())[keyID{alg, kid}]; ok {
		return k, nil
	}
	if alg != RS256 && alg != ES256 && alg != EdDSA {
		return Key{}, errNoKey // no fetch can help
	}
	if kid != "" {
		s.refresh(ctx)
	}
	if k, ok := (*s.keys.Load())[keyID{alg, kid}]; ok {
		return k, nil
	}
	if !s.current.Load() {
		return Key{}, ErrKeysUnavailable
	}
	return Key{}, errNoKey
}

// refresh waits for the fetch that is under way, or for one that it asks for.
func (s *keySet) refresh(ctx context.Context) {
	pending := s.ask()
	if pending == nil {
		return
	}
	select {
	case <-pending:
	case <-s.stopped:
	case <-ctx.Done():
	}
}

// ask returns the channel to wait on, or nil if it is too early to fetch again.
func (s *keySet) ask() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != nil {
		return s.pending
	}
	now := time.Now()
	if !s.asked.IsZero() && now.Sub(s.asked) < askInterval {
		return nil
	}
	s.asked = now
	s.pending = make(chan struct{})
	s.wake <- struct{}{} // has room: load takes the signal out with pending
	return s.pending
}

func (s *keySet) run(ctx context.Context) {
	defer close(s.stopped)
	for ctx.Err() == nil {
		timer := time.NewTimer(s.load(ctx))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// load fetches once and returns how long to wait with the next fetch. Keys that
// are gone from the source are dropped at once; when the source does not
// answer, the keys that are known stay usable.
func (s *keySet) load(ctx context.Context) time.Duration {
	// Jittered, so that hubs started together do not fetch together for ever.
	next := refreshInterval - rand.N(refreshInterval/10)
	keys, err := s.fetch(ctx)
	s.current.Store(err == nil)
	switch {
	case err == nil:
		s.keys.Store(&keys)
		s.log.Debug("jwks fetched", "keys", len(keys))
	case ctx.Err() == nil:
		s.log.Warn("jwks not fetched, known keys stay in use", "error", err, "known_keys", len(*s.keys.Load()))
		next = retryInterval
		if len(*s.keys.Load()) == 0 {
			next = firstInterval
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != nil {
		close(s.pending)
		s.pending = nil
		select {
		case <-s.wake: // asked for during this fetch, and so answered by it
		default:
		}
	}
	return next
}
