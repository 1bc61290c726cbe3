package history_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/history"
)

// hub stands for the actors: it keeps what is delivered and says that each entry
// reached two connections of one user.
type hub struct {
	mu   sync.Mutex
	got  []*history.Entry
	gaps []history.Gap
}

func (h *hub) deliver(entries []*history.Entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, entries...)
	for _, e := range entries {
		e.Receipt.Done(2, 1)
	}
}

func (h *hub) reset(gap history.Gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gaps = append(h.gaps, gap)
}

// bodies joins what was delivered.
func (h *hub) bodies() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return joined(h.got)
}

func joined(entries []*history.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		b.Write(e.Record.Body)
	}
	return b.String()
}

func newEngine(t *testing.T, cfg memory.Config) *memory.Engine {
	t.Helper()
	eng := memory.New(cfg)
	t.Cleanup(func() { _ = eng.Close() })
	return eng
}

// open returns a log that delivers to h and ends with the test.
func open(t *testing.T, eng engine.Engine, cfg history.Config, h *hub) *history.Log {
	t.Helper()
	cfg.OnReset = h.reset
	l, err := history.Open(t.Context(), eng, cfg, 7, slog.New(slog.DiscardHandler), h.deliver)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(l.Close)
	return l
}

// rec returns a record for alice whose body is short, so that sequences read well.
func rec(body string) *engine.Record {
	return &engine.Record{To: []engine.Address{"user/alice"}, Body: []byte(body)}
}

func mustAppend(t *testing.T, l *history.Log, r *engine.Record, key string) *history.Pending {
	t.Helper()
	p, err := l.Append(t.Context(), r, key)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return p
}

// store appends to the engine itself, as another hub would.
func store(t *testing.T, eng engine.Engine, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		if _, err := eng.Append(t.Context(), rec(b), ""); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
}

func wantBodies(t *testing.T, h *hub, want string) {
	t.Helper()
	if got := h.bodies(); got != want {
		t.Errorf("delivered %q, want %q", got, want)
	}
}

// wantGaps fails unless the hub was told of these gaps.
func wantGaps(t *testing.T, h *hub, want ...history.Gap) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.gaps, want) {
		t.Errorf("gaps %+v, want %+v", h.gaps, want)
	}
}

// wantReplay asks the log's window for what alice missed after a Seq.
func wantReplay(t *testing.T, l *history.Log, after uint64, want string) {
	t.Helper()
	w := l.Window()
	got, gap := w.Replay(history.Query{
		LastEventID: w.Epoch() + "-" + strconv.FormatUint(after, 10),
		UpTo:        w.Head(),
		Addresses:   []engine.Address{"user/alice"},
	})
	if s := joined(got); s != want || gap != nil {
		t.Errorf("replay after %d: %q, %v, want %q", after, s, gap, want)
	}
}

// errBroken is what a faulty engine's tail ends with when it is cut.
var errBroken = errors.New("connection reset")

// faulty is an engine whose tail can be cut and whose methods can be replaced.
type faulty struct {
	mu sync.Mutex
	faults
}

// faults are what a faulty engine does at the moment.
type faults struct {
	engine.Engine
	cut    func() // ends the running tail
	bounds func(ctx context.Context) (engine.Bounds, error)
	tail   func(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error
	append func(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error)
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	return &faulty{faults: faults{Engine: newEngine(t, memory.Config{})}}
}

// become changes what the engine does from its next call on.
func (f *faulty) become(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.faults)
}

func (f *faulty) now() faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults
}

func (f *faulty) Bounds(ctx context.Context) (engine.Bounds, error) {
	now := f.now()
	if now.bounds != nil {
		return now.bounds(ctx)
	}
	return now.Bounds(ctx)
}

func (f *faulty) Tail(ctx context.Context, after uint64, deliver func([]engine.Stored) error) error {
	now := f.now()
	if now.tail != nil {
		return now.tail(ctx, after, deliver)
	}
	running, cut := context.WithCancel(ctx)
	defer cut()
	f.become(func(f *faults) { f.cut = cut })
	err := now.Tail(running, after, deliver)
	if running.Err() != nil && ctx.Err() == nil {
		return errBroken
	}
	return err
}

func (f *faulty) Append(ctx context.Context, rec *engine.Record, key string) (engine.Appended, error) {
	now := f.now()
	if now.append != nil {
		return now.append(ctx, rec, key)
	}
	return now.Append(ctx, rec, key)
}
