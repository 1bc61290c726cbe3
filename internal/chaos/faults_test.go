//go:build linux

package chaos

import (
	"math/rand/v2"
	"syscall"
	"time"
)

// fault is something that goes wrong, and is then mended.
type fault struct {
	name string
	do   func(st *stage, r *rand.Rand) error
}

var faults = []fault{
	{"hub killed (SIGKILL) and restarted", func(st *stage, r *rand.Rand) error {
		h := st.anyHub(r)
		h.kill()
		time.Sleep(between(r, 200*time.Millisecond, 2*time.Second))
		return h.start()
	}},
	{"hub stopped (SIGSTOP) and continued", func(st *stage, r *rand.Rand) error {
		return halt(st.anyHub(r).process, between(r, time.Second, 7*time.Second))
	}},
	{"engine stopped (SIGSTOP) and continued", func(st *stage, r *rand.Rand) error {
		return halt(st.engine, between(r, time.Second, 5*time.Second))
	}},
	{"hub drained (SIGTERM) and restarted", func(st *stage, r *rand.Rand) error {
		h := st.anyHub(r)
		if err := h.terminate(); err != nil {
			return err
		}
		return h.start()
	}},
	{"hub cut off from the engine, connections closed", func(st *stage, r *rand.Rand) error {
		way := st.anyHub(r).way
		way.cut(true)
		time.Sleep(between(r, time.Second, 6*time.Second))
		way.cut(false)
		return nil
	}},
	{"hub cut off from the engine, silently", func(st *stage, r *rand.Rand) error {
		goOn := st.anyHub(r).way.stall()
		time.Sleep(between(r, time.Second, 6*time.Second))
		goOn()
		return nil
	}},
	{"engine killed (SIGKILL) and restarted", func(st *stage, r *rand.Rand) error {
		st.engine.kill()
		time.Sleep(between(r, 200*time.Millisecond, 2*time.Second))
		return st.engine.start()
	}},
}

func (st *stage) anyHub(r *rand.Rand) *node { return st.hubs[r.IntN(len(st.hubs))] }

// halt stops a process for a while.
func halt(p *process, d time.Duration) error {
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(d)
	return p.signal(syscall.SIGCONT)
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// torment makes faults, each kind once a round, until the time is over. It
// returns how often each happened.
func (st *stage) torment(r *rand.Rand, d time.Duration) []int {
	st.t.Helper()
	done := make([]int, len(faults))
	for end := time.Now().Add(d); ; {
		for _, i := range r.Perm(len(faults)) {
			time.Sleep(between(r, 500*time.Millisecond, 2*time.Second))
			if time.Now().After(end) {
				return done
			}
			st.t.Logf("%s: %s", clock(), faults[i].name)
			if err := faults[i].do(st, r); err != nil {
				st.t.Fatalf("%s: %v", faults[i].name, err)
			}
			done[i]++
		}
	}
}
