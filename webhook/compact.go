package webhook

import "time"

// Compact forgets what was told before keep, and writes what happened anew if most
// of it is history. What happened within keep stays, so that who has just left is
// not forgotten before others have heard of it. One goroutine may call it; Note
// waits for none of its work.
func (j *Journal) Compact(keep time.Duration) {
	const slack = 10_000
	recent := time.Now().Add(-keep).UnixMilli()
	j.mu.Lock()
	j.told.forget(recent)
	entries, base := j.entries, j.base
	j.mu.Unlock()
	if len(entries) < 2*base+slack {
		return
	}
	there := make(map[string]int64)
	old := 0
	for ; old < len(entries) && entries[old].at < recent; old++ {
		if e := entries[old]; e.online {
			there[e.user] = e.at
		} else {
			delete(there, e.user)
		}
	}
	anew := make([]entry, 0, len(there)+len(entries)-old+slack/10)
	for user, at := range there {
		anew = append(anew, entry{user: user, at: at, online: true})
	}
	anew = append(anew, entries[old:]...)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.base, j.entries = len(anew), append(anew, j.entries[len(entries):]...)
	j.anew++
}
