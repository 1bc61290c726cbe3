package history

import (
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	alice = engine.Address("user/alice")
	bob   = engine.Address("user/bob")
	news  = engine.Address("topic/news")
)

// entryFor returns an event as the log makes it.
func entryFor(seq uint64, to ...engine.Address) *Entry {
	return newEntry("e", engine.Stored{Seq: seq, Record: &engine.Record{
		To: to, Name: "n", Body: []byte("data: " + strconv.FormatUint(seq, 10) + "\n\n"), Time: time.Now(),
	}})
}

// newTestWindow returns a window of epoch e with entries for these addresses,
// one each, from Seq 1.
func newTestWindow(cfg Config, to ...engine.Address) *Window {
	w := NewWindow(cfg)
	w.Reset("e", 0)
	for i, a := range to {
		w.Add(entryFor(uint64(i)+1, a))
	}
	return w
}

func seqs(entries []*Entry) []uint64 {
	out := make([]uint64, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.Seq)
	}
	return out
}

func position(seq uint64) string { return engine.Position{Epoch: "e", Seq: seq}.String() }
