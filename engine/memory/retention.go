package memory

import (
	"time"

	"example.org/hub/engine"
)

// retained is the part of the log that can still be read.
type retained struct {
	ring[kept] // by Seq

	cfg   Config
	bytes int64
}

// kept is a record with what its eviction needs.
type kept struct {
	rec  *engine.Record
	at   time.Duration // when it was appended, since the engine's start
	size int64
}

func newRetained(cfg Config) retained {
	return retained{cfg: cfg, ring: ring[kept]{first: 1, next: 1}}
}

// head returns the Seq of the newest record ever appended, 0 if there was none.
func (l *retained) head() uint64 { return l.next - 1 }

// add appends a record and returns its Seq.
func (l *retained) add(rec *engine.Record, now time.Duration) uint64 {
	size := int64(rec.Size())
	l.bytes += size
	l.push(kept{rec: rec, at: now, size: size})
	l.evict(now)
	return l.head()
}

// evict drops the oldest records until the rest is within the limits.
func (l *retained) evict(now time.Duration) {
	for l.len() > 0 {
		oldest := l.at(l.first)
		tooOld := now-oldest.at >= l.cfg.MaxAge
		tooMuch := l.len() > 1 && (l.len() > l.cfg.MaxRecords || l.bytes > l.cfg.MaxBytes)
		if !tooOld && !tooMuch {
			return
		}
		l.bytes -= oldest.size
		l.drop()
	}
}
