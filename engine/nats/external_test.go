package nats

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"example.org/hub/engine"
)

// reader collects what a Tail delivers for as long as the test runs.
type reader struct {
	mu  sync.Mutex
	got []uint64 // numbers of retained records
	end chan error
}

func startReader(t *testing.T, e *Engine) *reader {
	t.Helper()
	r := &reader{end: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		r.end <- e.Tail(ctx, 0, func(batch []engine.Stored) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, s := range batch {
				if s.Seq != 0 {
					r.got = append(r.got, s.Record.Nonce)
				}
			}
			return nil
		})
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return r
}

func (r *reader) numbers() []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]uint64(nil), r.got...)
}

func TestExternal_NothingIsLostWhenTheServerStops(t *testing.T) {
	dir, port := t.TempDir(), freePorts(t, 1)[0]
	s := startExternal(t, dir, port, nil)
	e := mustOpen(t, Config{URLs: []string{s.ClientURL()}})
	r := startReader(t, e)
	for n := range 50 {
		if _, err := e.Append(t.Context(), record(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the first records", func() bool { return len(r.numbers()) == 50 })

	stopExternal(s)
	eventually(t, "the engine to notice", func() bool { return !e.Up() })
	if _, err := e.Append(t.Context(), record(1000), ""); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("Append: %v, want ErrUnavailable", err)
	}
	if _, err := e.Bounds(t.Context()); !errors.Is(err, engine.ErrUnavailable) {
		t.Errorf("Bounds: %v, want ErrUnavailable", err)
	}

	startExternal(t, dir, port, nil)
	for n := 50; n < 100; n++ {
		eventually(t, "an append", func() bool {
			_, err := e.Append(t.Context(), record(n), "key"+string(rune('0'+n)))
			if err != nil && !errors.Is(err, engine.ErrUnavailable) {
				t.Fatalf("Append: %v", err)
			}
			return err == nil
		})
	}
	eventually(t, "all records", func() bool { return len(r.numbers()) >= 100 })
	for i, n := range r.numbers() {
		if n != uint64(i) {
			t.Fatalf("record %d came in place %d", n, i)
		}
	}
	eventually(t, "the engine to be up", e.Up)
}

func TestExternal_AnotherStreamIsAnotherEpoch(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	e := mustOpen(t, Config{URLs: []string{s.ClientURL()}})
	before, err := e.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := startReader(t, e)
	if _, err := e.Append(t.Context(), record(0), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a record", func() bool { return len(r.numbers()) == 1 })

	if err := e.js.DeleteStream(t.Context(), e.names.stream); err != nil {
		t.Fatal(err)
	}
	other := mustOpen(t, Config{URLs: []string{s.ClientURL()}}) // makes it anew
	if _, err := other.Append(t.Context(), record(1), ""); err != nil {
		t.Fatal(err)
	}
	// The first engine does not know yet. It must not call a position of the new
	// stream one of the old.
	var now engine.Appended
	eventually(t, "an append", func() bool {
		now, err = e.Append(t.Context(), record(2), "")
		return err == nil
	})
	if want := (engine.Position{Epoch: *other.epoch.Load(), Seq: 2}); now.Position != want {
		t.Errorf("the record is at %v, want %v", now.Position, want)
	}
	if err := <-r.end; !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
	r.end <- nil
	b, err := e.Bounds(t.Context())
	if err != nil || b.Epoch == before.Epoch || b.Head != 2 {
		t.Errorf("Bounds = %+v, %v after %+v", b, err, before)
	}
}

func TestOpen_RefusesAnotherNumberOfShards(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	cfg := Config{URLs: []string{s.ClientURL()}}
	e := mustOpen(t, cfg)
	st, err := e.lookUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for shards, want := range map[string]string{"4": "4", "": ""} {
		st.config.Metadata[metaShards] = shards
		if _, err := e.js.UpdateStream(t.Context(), st.config); err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), cfg, testLog())
		if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open with %q shards: %v, want ErrForeign", shards, err)
		}
	}
}

func TestOpen_AdaptsRetention(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	cfg := Config{URLs: []string{s.ClientURL()}, MaxRecords: 100}
	before := mustOpen(t, cfg)
	cfg.MaxRecords = 7
	after := mustOpen(t, cfg)
	st, err := after.lookUp(t.Context())
	if err != nil || st.config.MaxMsgs != 7 || st.epoch != *before.epoch.Load() {
		t.Errorf("the stream has %+v, %v", st, err)
	}
}

func TestOpen_AuthenticatesByFile(t *testing.T) {
	token := "a token"
	s := startExternal(t, t.TempDir(), -1, func(o *server.Options) { o.Authorization = token })
	file := writeFile(t, "token", token+"\n")
	mustOpen(t, Config{URLs: []string{s.ClientURL()}, TokenFile: file})

	s = startExternal(t, t.TempDir(), -1, func(o *server.Options) { o.Username, o.Password = "me", token })
	mustOpen(t, Config{URLs: []string{s.ClientURL()}, User: "me", PasswordFile: file})
}

func TestTail_PutsAnEmptyRecordInThePlaceOfABadOne(t *testing.T) {
	e := mustOpen(t, Config{})
	before, err := e.Append(t.Context(), record(0), "")
	if err != nil {
		t.Fatal(err)
	}
	subject := e.names.events + *e.epoch.Load()
	if _, err := e.js.Publish(t.Context(), subject, []byte("poison")); err != nil {
		t.Fatal(err)
	}
	deleted, err := e.Append(t.Context(), record(1), "")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := e.js.Stream(t.Context(), e.names.stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), deleted.Position.Seq); err != nil {
		t.Fatal(err)
	}
	after, err := e.Append(t.Context(), record(2), "")
	if err != nil {
		t.Fatal(err)
	}
	got := collect(t, e, after.Position.Seq)
	if len(got) != 4 || got[0].Seq != before.Position.Seq {
		t.Fatalf("got %d records", len(got))
	}
	for i, s := range got {
		if s.Seq != uint64(i)+1 {
			t.Errorf("place %d has seq %d", i, s.Seq)
		}
		if hollow := i == 1 || i == 2; hollow != (len(s.Record.To) == 0) {
			t.Errorf("record %d is for %v", s.Seq, s.Record.To)
		}
	}
	if n := e.Stats().BadRecords; n != 2 {
		t.Errorf("%d bad records were counted, want 2", n)
	}
}
