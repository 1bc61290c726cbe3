package actors

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// What a helper sets off is run, also if the pool is closed meanwhile. Fails when
// the workers do not wait for helpers.
func TestPool_CloseWaitsForHelpers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(2)
		gate, closed := make(chan struct{}), make(chan struct{})
		var ran atomic.Int32
		const tasks = 2 * helpBudget
		go p.help(func() {
			p.Schedule(func() {
				<-gate
				for range tasks {
					p.scheduleBulk(taskFunc(func() { ran.Add(1) }))
				}
			})
		})
		synctest.Wait()
		go func() {
			p.close()
			close(closed)
		}()
		synctest.Wait()
		close(gate)
		<-closed
		synctest.Wait()
		if n := ran.Load(); n != tasks {
			t.Errorf("%d of %d tasks ran", n, tasks)
		}
	})
}

// A helper that goes its own way leaves nothing behind that nobody looks at.
func TestPool_HelpersLeaveNoTaskBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(2)
		var ran atomic.Int32
		for range 100 {
			p.help(func() {
				p.scheduleBulk(taskFunc(func() { ran.Add(1) })) // helpers take no bulk work
			})
		}
		synctest.Wait()
		if n := ran.Load(); n != 100 {
			t.Errorf("%d of 100 tasks ran", n)
		}
		p.close()
	})
}
