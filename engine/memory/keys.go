package memory

import (
	"fmt"
	"hash/maphash"
	"time"

	"example.org/hub/engine"
)

// errTooManyKeys refuses an Append whose key could not be remembered.
var errTooManyKeys = fmt.Errorf("remember idempotency key: %w: limit reached", engine.ErrUnavailable)

// keys remembers the idempotency keys of the last engine.IdempotencyTTL in two
// generations: the young one takes new keys, and when it is as old as the TTL
// it takes the place of the old one, whose keys have all expired by then.
type keys struct {
	young, old map[digest]use
	turned     time.Duration // when young was begun
	max        int
	seeds      [2]maphash.Seed
}

// digest stands for a key. With 128 bits under seeds of this process two keys
// do not meet, and a map without pointers costs the garbage collector nothing.
type digest [2]uint64

// use is the first use of a key.
type use struct {
	seq uint64 // 0 for a transient record
	at  time.Duration
}

func newKeys(limit int) keys {
	return keys{
		young: make(map[digest]use),
		max:   limit,
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
	}
}

func (k *keys) digest(key string) digest {
	return digest{maphash.String(k.seeds[0], key), maphash.String(k.seeds[1], key)}
}

// sweep forgets the generation that has expired as a whole. Only lookups are
// exact about the TTL; this bounds the memory.
func (k *keys) sweep(now time.Duration) {
	age := now - k.turned
	if age < engine.IdempotencyTTL {
		return
	}
	k.old = k.young
	if age >= 2*engine.IdempotencyTTL {
		k.old = nil // the youngest key was added before young was one TTL old
	}
	k.young = make(map[digest]use)
	k.turned = now
}

// find returns the first use of the key within the TTL.
func (k *keys) find(d digest, now time.Duration) (use, bool) {
	u, ok := k.young[d]
	if !ok {
		u, ok = k.old[d]
	}
	return u, ok && now-u.at < engine.IdempotencyTTL
}

// full reports whether no further key can be remembered.
func (k *keys) full() bool { return len(k.young)+len(k.old) >= k.max }

func (k *keys) put(d digest, u use) { k.young[d] = u }
