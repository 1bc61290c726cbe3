package history

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

// model is the window as one would write it without thinking of speed.
type model struct {
	cfg  Config
	head uint64
	kept []*Entry // oldest first, without a break
}

func (m *model) add(e *Entry) {
	m.kept = append(m.kept, e)
	m.head = e.Seq
	m.evict()
}

func (m *model) evict() {
	for len(m.kept) > 0 {
		var bytes int64
		for _, e := range m.kept {
			bytes += int64(e.Record.Size() + len(e.Frame))
		}
		tooMuch := len(m.kept) > 1 && (len(m.kept) > m.cfg.MaxEvents || bytes > m.cfg.MaxBytes)
		if !tooMuch && time.Since(m.kept[0].Record.Time) < m.cfg.MaxAge {
			return
		}
		m.kept = m.kept[1:]
	}
}

// replay is Window.Replay for a position of this log.
func (m *model) replay(after uint64, q Query) ([]uint64, *Gap) {
	m.evict()
	first := m.head + 1 - uint64(len(m.kept))
	upTo := min(q.UpTo, m.head)
	var match []uint64
	for _, e := range m.kept {
		wanted := e.Seq > after && e.Seq <= upTo && e.Record.Kind == engine.Event &&
			!e.Record.Expired(time.Now()) && q.Match(e.Record) &&
			slices.ContainsFunc(e.Record.To, func(a engine.Address) bool { return slices.Contains(q.Addresses, a) })
		if wanted {
			match = append(match, e.Seq)
		}
	}
	var gap *Gap
	if lost := min(first-1, upTo); lost > after {
		gap = &Gap{From: position(after + 1), To: position(lost), Reason: GapExpired}
	}
	if n := len(match) - m.cfg.MaxReplay; n > 0 {
		if gap == nil {
			gap = &Gap{From: position(after + 1), Reason: GapLimit}
		}
		gap.To = position(match[n-1])
		match = match[n:]
	}
	return match, gap
}

// TestWindow_IsTheModel compares the window with the model under random entries,
// times and questions.
func TestWindow_IsTheModel(t *testing.T) {
	for seed := range uint64(12) {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 0))
				cfg := Config{
					MaxAge:    time.Duration(1+rng.IntN(60)) * time.Second,
					MaxEvents: 1 + rng.IntN(300),
					MaxBytes:  int64(1000 + rng.IntN(100_000)),
					MaxReplay: 1 + rng.IntN(40),
				}
				m := &model{cfg: cfg}
				w := NewWindow(cfg)
				w.Reset("e", 0)
				for range 1000 {
					if rng.IntN(20) == 0 {
						time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
					}
					e := randomEntry(rng, m.head+1)
					w.Add(e)
					m.add(e)
					compare(t, rng, w, m)
					if t.Failed() {
						return
					}
				}
			})
		})
	}
}

func randomAddresses(rng *rand.Rand) []engine.Address {
	to := make([]engine.Address, 1+rng.IntN(3)*rng.IntN(2))
	for i := range to {
		to[i] = engine.User(strconv.Itoa(rng.IntN(8)))
		if rng.IntN(10) == 0 {
			to[i] = engine.All
		}
	}
	return to
}

func randomEntry(rng *rand.Rand, seq uint64) *Entry {
	e := entryFor(seq, randomAddresses(rng)...)
	if rng.IntN(10) == 0 {
		e.Record.Kind = engine.Disconnect
	}
	if rng.IntN(5) == 0 {
		e.Record.TTL = time.Duration(1+rng.IntN(10)) * time.Second
	}
	e.Record.Body = []byte(strings.Repeat("x", rng.IntN(200)))
	e.Record.Except = strconv.Itoa(rng.IntN(4))
	return e
}

func compare(t *testing.T, rng *rand.Rand, w *Window, m *model) {
	t.Helper()
	after := m.head - min(m.head, uint64(rng.IntN(2*m.cfg.MaxEvents)))
	except := strconv.Itoa(rng.IntN(4))
	q := Query{
		LastEventID: position(after),
		UpTo:        m.head - min(m.head, uint64(rng.IntN(5))),
		Addresses:   append(randomAddresses(rng), engine.All),
		Match:       func(r *engine.Record) bool { return r.Except != except },
	}
	got, gap := w.Replay(q)
	want, wantGap := m.replay(after, q)
	if !slices.Equal(seqs(got), want) {
		t.Errorf("head %d, %+v: got %v, want %v", m.head, q, seqs(got), want)
	}
	if (gap == nil) != (wantGap == nil) || (gap != nil && *gap != *wantGap) {
		t.Errorf("head %d, %+v: gap %+v, want %+v", m.head, q, gap, wantGap)
	}
	if s := w.Stats(); s.Events != len(m.kept) {
		t.Errorf("head %d: %d events, want %d", m.head, s.Events, len(m.kept))
	}
}
