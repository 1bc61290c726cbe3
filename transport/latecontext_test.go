package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLateContext_EndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newLateContext(time.Now(), time.Second)
		defer p.release()
		if d, ok := p.Deadline(); !ok || time.Until(d) != time.Second || p.Err() != nil {
			t.Fatalf("deadline %v, err %v", d, p.Err())
		}
		child, cancel := context.WithCancel(p)
		defer cancel()
		start := time.Now()
		<-child.Done()
		if took := time.Since(start); took != time.Second || !errors.Is(p.Err(), context.DeadlineExceeded) {
			t.Errorf("ended after %v with %v", took, p.Err())
		}
	})
}

func TestLateContext_CostsNoTimerUntilSomebodyWaits(t *testing.T) {
	p := newLateContext(time.Now(), time.Hour)
	if p.release(); p.timer != nil {
		t.Error("a timer runs though nobody waits")
	}
	if first := p.Done(); first != p.Done() {
		t.Error("Done changes")
	}
	p.release()
	if p.timer.Stop() {
		t.Error("release left the timer running")
	}
}
