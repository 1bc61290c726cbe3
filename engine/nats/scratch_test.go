package nats

import (
	"os"
	"testing"
	"time"

	"example.org/hub/engine"
)

// A process can be killed at any time, and must not leave something behind each time.
func TestScratch_IsGoneWhileTheServerRuns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP"} {
		t.Setenv(name, dir)
	}
	empty := func(when string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			t.Errorf("%s there are %v, %v", when, entries, err)
		}
	}
	e := mustOpen(t, Config{})
	empty("after Open")

	// Everything that the server has to do goes on without the directory.
	r := startReader(t, e)
	if err := e.Announce(t.Context(), engine.Lease{Hub: "a", Boot: "1", Since: time.Now()}); err != nil {
		t.Error(err)
	}
	transient := record(0)
	transient.Transient = true
	for _, rec := range []*engine.Record{transient, record(0)} {
		if _, err := e.Append(t.Context(), rec, "key"); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "the record that is retained", func() bool { return len(r.numbers()) == 1 })
	empty("after appends")
	mustClose(t, e)
	empty("after Close")
}
