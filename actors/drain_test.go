package actors

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

func TestDrain_SpreadsTheEndsAndTellsWhenToComeBack(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		sinks := make([]*sink, 100)
		for i := range sinks {
			sinks[i] = f.attach(strconv.Itoa(i % 30))
		}
		done := make(chan error)
		go func() { done <- f.hub.Drain(t.Context(), 10*time.Second) }()
		open := func() (n int) {
			synctest.Wait()
			for _, s := range sinks {
				if !s.isClosed() {
					n++
				}
			}
			return n
		}
		time.Sleep(5 * time.Second)
		if n := open(); n < 40 || n > 60 {
			t.Errorf("%d of 100 streams are open at half time", n)
		}
		f.to("meanwhile", engine.All)
		late := newSink()
		f.attachTo(late, "late")
		synctest.Wait()
		if late.refused != RefusedDraining {
			t.Errorf("a new stream was refused with %q", late.refused)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := open(); n != 0 {
			t.Errorf("%d streams are left", n)
		}
		for _, s := range sinks {
			if !strings.Contains(s.text(), "retry: ") || !strings.Contains(s.text(), `event: reconnect`+"\n"+`data: {"reason":"drain","retryMs":`) {
				t.Fatalf("no goodbye in %q", s.text())
			}
		}
	})
}

// Clients come back when they were told to after their stream has ended. Over a
// drain no second may have more than three times the mean.
func TestDrain_ClientsDoNotReturnTogether(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		open := make(map[*sink]bool)
		for i := range 600 {
			open[f.attach(strconv.Itoa(i))] = true
		}
		const window = 30
		go func() { _ = f.hub.Drain(t.Context(), window*time.Second) }()
		var returns [window + 10]int
		for second := range window + 2 {
			time.Sleep(time.Second)
			synctest.Wait()
			for s := range open {
				if s.isClosed() {
					delete(open, s)
					returns[second+toldRetry(t, s.text())]++
				}
			}
		}
		if len(open) > 0 {
			t.Errorf("%d streams are left", len(open))
		}
		mean := 600 / window
		if most := slices.Max(returns[:]); most > 3*mean {
			t.Errorf("returns a second %v: %d in one, %d on average", returns, most, mean)
		}
	})
}

// toldRetry returns the seconds that the goodbye asks a client to wait.
func toldRetry(t *testing.T, text string) int {
	t.Helper()
	_, bye, _ := strings.Cut(text, `"retryMs":`)
	digits, _, ok := strings.Cut(bye, "}")
	ms, err := strconv.Atoi(digits)
	if !ok || err != nil {
		t.Fatalf("no goodbye in %q", text)
	}
	return ms / 1000
}

func TestDrain_SurvivesAFaultOfTheRegistry(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		done := make(chan error, 1)
		go func() { done <- f.hub.Drain(t.Context(), 10*time.Second) }()
		time.Sleep(time.Second)
		f.hub.Deliver([]*history.Entry{corrupt(1)})
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if !s.isClosed() {
			t.Error("the stream is left")
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("the drain does not end")
		}
	})
}

func TestResume_KeepsTheStreamsThatAreLeft(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		var sinks []*sink
		for i := range 100 {
			sinks = append(sinks, f.attach(strconv.Itoa(i)))
		}
		open := func() (n int) {
			synctest.Wait()
			for _, s := range sinks {
				if !s.isClosed() {
					n++
				}
			}
			return n
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.hub.Drain(ctx, 10*time.Second) }()
		time.Sleep(5 * time.Second)
		cancel()
		if err := <-done; err == nil {
			t.Error("a drain that was cut short has no error")
		}
		f.hub.Resume()
		left := open()
		time.Sleep(time.Minute)
		if n := open(); n != left || left < 40 {
			t.Errorf("%d streams were left, and %d a minute later", left, n)
		}
		if again := f.attach("again"); again.refused != "" || f.hub.Draining() {
			t.Errorf("a new stream was refused with %q", again.refused)
		}
		if err := f.hub.Drain(t.Context(), time.Second); err != nil { // all of them, from the beginning
			t.Error(err)
		}
		if n := open(); n != 0 {
			t.Errorf("%d streams are left by the second drain", n)
		}
	})
}
