package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	barTick  = 500 * time.Millisecond // between two drawings
	barWidth = 24                     // characters between its ends
)

// bar shows on a terminal how far a command is. A nil bar shows nothing.
type bar struct {
	w       io.Writer
	columns func() int

	mu         sync.Mutex
	scenario   string
	round, all int // rounds
	target     string
	done, runs int // runs of a target
	phase      string
	began      time.Time
	length     time.Duration // of the phase; 0 if nobody knows
	drawn      bool

	stop chan struct{}
	wg   sync.WaitGroup
}

// newBar draws on stderr until end is called, if that is a terminal. A soak has
// lines of its own.
func newBar(scenario string, rounds, runs int) *bar {
	columns := func() int { return terminalColumns(os.Stderr) }
	if columns() == 0 || scenario == "soak" {
		return nil
	}
	b := &bar{w: os.Stderr, columns: columns, scenario: scenario, all: rounds, runs: runs, stop: make(chan struct{})}
	b.wg.Go(func() {
		t := time.NewTicker(barTick)
		defer t.Stop()
		for {
			select {
			case <-b.stop:
				return
			case <-t.C:
				b.draw(time.Now())
			}
		}
	})
	return b
}

// run says which run begins.
func (b *bar) run(round int, target string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.round, b.target = round, target
	b.mu.Unlock()
	b.enter("start", 0)
}

// ran says that a run has ended.
func (b *bar) ran() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
}

// enter says what the run does now, and how long that takes; 0 if nobody knows.
func (b *bar) enter(phase string, length time.Duration) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phase, b.began, b.length = phase, time.Now(), length
}

// Write lets a line appear on stderr instead of the bar, which comes again below
// it. A nil bar writes to stderr.
func (b *bar) Write(p []byte) (int, error) {
	if b == nil {
		return os.Stderr.Write(p)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	return b.w.Write(p)
}

// end removes the bar.
func (b *bar) end() {
	if b == nil {
		return
	}
	close(b.stop)
	b.wg.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

// clear empties the bar's line.
func (b *bar) clear() {
	if b.drawn {
		_, _ = io.WriteString(b.w, "\r\x1b[K") // a terminal that has gone shows nothing
		b.drawn = false
	}
}

func (b *bar) draw(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line := []rune(b.line(now))
	line = line[:min(len(line), max(b.columns()-1, 0))] // a longer one would scroll
	_, _ = fmt.Fprintf(b.w, "\r\x1b[K%s", string(line)) // as above
	b.drawn = true
}

// line is the share of the runs that are done, and where the present one is.
func (b *bar) line(now time.Time) string {
	full := barWidth * b.done / max(b.runs, 1)
	at := now.Sub(b.began).Round(time.Second).String()
	if b.length > 0 {
		at = fmt.Sprintf("%d %%", min(100*now.Sub(b.began)/b.length, 100))
	}
	return fmt.Sprintf("[%s%s] %d/%d  %s, round %d/%d, %s: %s %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		b.done, b.runs, b.scenario, b.round, b.all, b.target, b.phase, at)
}
