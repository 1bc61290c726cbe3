package auth

import (
	"slices"
	"sync"
	"time"
)

const (
	maxRevocations  = 100_000
	sweepRevocation = time.Minute // between looks for entries that are no longer needed
)

// Revocations knows from which time on each user's tokens are accepted. It
// never forgets in the user's favour: when it must make room, the users whose
// entries go share the latest of their times with everybody. The methods may be
// called from any goroutine.
type Revocations struct {
	lifetime time.Duration // of tokens; 0 if unknown
	max      int

	mu     sync.RWMutex
	before map[string]time.Time // by user
	floor  time.Time            // for every user; zero until entries had to go
	swept  time.Time
}

// NewRevocations returns an empty set for a Verifier with lifetime as its
// MaxLifetime: entries are forgotten once they can no longer matter. With 0 they are
// kept for good, up to 100,000 of them.
func NewRevocations(lifetime time.Duration) *Revocations {
	return &Revocations{lifetime: lifetime, max: maxRevocations, before: map[string]time.Time{}}
}

// Revoke refuses the user's tokens issued before the time. iat has whole
// seconds in most tokens, so that those issued in the same second before or
// after it are refused as well. An earlier time than that of a former Revoke
// changes nothing.
func (r *Revocations) Revoke(user string, before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !before.After(r.before[user]) {
		return
	}
	r.before[user] = before
	now := time.Now()
	if r.lifetime > 0 && now.Sub(r.swept) > sweepRevocation {
		r.sweep(now)
	}
	if len(r.before) > r.max {
		r.makeRoom()
	}
}

// Check returns ErrRevoked if p is a user whose token was issued before the
// user's last Revoke, or does not say when it was issued. Services pass.
func (r *Revocations) Check(p *Principal) error {
	if p.User == "" {
		return nil
	}
	r.mu.RLock()
	before, ok := r.before[p.User]
	if r.floor.After(before) {
		before, ok = r.floor, true
	}
	r.mu.RUnlock()
	if ok && p.Issued.Before(before) {
		return ErrRevoked
	}
	return nil
}

// Len returns the number of users with an entry.
func (r *Revocations) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.before)
}

// sweep drops the entries of which every token concerned has expired.
func (r *Revocations) sweep(now time.Time) {
	r.swept = now
	for user, before := range r.before {
		if now.Sub(before) > r.lifetime {
			delete(r.before, user)
		}
	}
}

// makeRoom drops the oldest eighth, so that it is rarely needed, and raises the
// floor to the latest of them.
func (r *Revocations) makeRoom() {
	times := make([]time.Time, 0, len(r.before))
	for _, before := range r.before {
		times = append(times, before)
	}
	slices.SortFunc(times, time.Time.Compare)
	r.floor = latest(r.floor, times[len(times)/8])
	for user, before := range r.before {
		if !before.After(r.floor) {
			delete(r.before, user)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
