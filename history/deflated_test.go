package history

import (
	"strings"
	"testing"

	"example.org/hub/engine"
)

func deflatedEntry(seq uint64) *Entry {
	rec := &engine.Record{To: []engine.Address{engine.All}, Body: []byte("data: " + strings.Repeat("text ", 200) + "\n\n")}
	return newEntry("e", engine.Stored{Seq: seq, Record: rec})
}

func TestWindow_CountsWhatIsCompressed(t *testing.T) {
	w := NewWindow(DefaultConfig())
	w.Reset("e", 0)
	first := deflatedEntry(1)
	w.Add(first)
	plain := w.Stats().Bytes
	size := int64(w.Deflated(first).Size())
	for range 3 {
		w.Deflated(first)
		if got := w.Stats().Bytes; got != plain+size {
			t.Fatalf("%d bytes, want %d and %d", got, plain, size)
		}
	}
	w.Deflated(deflatedEntry(0)) // transient
	w.Deflated(deflatedEntry(1)) // recalled from the engine
	w.Deflated(deflatedEntry(9)) // of another epoch
	if got := w.Stats().Bytes; got != plain+size {
		t.Errorf("%d bytes after entries that are not in the window, want %d", got, plain+size)
	}
	if got, frame := w.Stats().Compressed, uint64(len(first.Frame)); got.Events != 4 || got.Plain < 4*frame-10 || got.Packed*5 > got.Plain {
		t.Errorf("compressed: %+v", got)
	}
	w.Reset("e", 0)
	w.Deflated(first)
	if got := w.Stats().Bytes; got != 0 {
		t.Errorf("an empty window counts %d bytes", got)
	}
}

// The limit of bytes holds with what is compressed, and what leaves takes all of
// its bytes along.
func TestWindow_DropsTheOldestWhenCompressingMakesItTooLarge(t *testing.T) {
	entries := make([]*Entry, 10)
	for i := range entries {
		entries[i] = deflatedEntry(uint64(i + 1))
	}
	one := int64(entries[0].Record.Size() + len(entries[0].Frame))
	cfg := DefaultConfig()
	cfg.MaxBytes = one*int64(len(entries)) + 10
	w := NewWindow(cfg)
	w.Reset("e", 0)
	w.Add(entries...)
	for i, e := range entries {
		w.Deflated(e)
		if got := w.Stats(); got.Bytes > cfg.MaxBytes {
			t.Fatalf("%d: %d bytes of %d", i, got.Bytes, cfg.MaxBytes)
		}
	}
	if got := w.First(); got == 1 || got > 5 {
		t.Errorf("first is %d", got)
	}
	kept := w.Stats()
	want := int64(0)
	for _, e := range entries[w.First()-1:] {
		want += one + int64(w.Deflated(e).Size())
	}
	if kept.Bytes < want-10 || kept.Bytes > want+10 { // the second digit of the number
		t.Errorf("%d bytes counted, %d kept", kept.Bytes, want)
	}
}
