//go:build linux

package chaos

import (
	"net"
	"sync"
	"testing"
)

// relay is the network between a hub and the engine, which can fail.
type relay struct {
	ln     net.Listener
	target string
	gate   sync.RWMutex // held while nothing passes
	wg     sync.WaitGroup

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

func newRelay(t *testing.T, target string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:"+freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{ln: ln, target: target, conns: map[net.Conn]bool{}}
	r.wg.Go(r.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		r.cut(true)
		r.wg.Wait()
	})
	return r
}

func (r *relay) address() string { return r.ln.Addr().String() }

// cut ends all connections and takes no more, until it is called with false.
func (r *relay) cut(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
	if down {
		for conn := range r.conns {
			_ = conn.Close()
		}
	}
}

// stall lets nothing pass any more, without anybody being told, until the
// function that it returns is called. What was sent meanwhile comes then.
func (r *relay) stall() (goOn func()) {
	r.gate.Lock()
	return r.gate.Unlock
}

func (r *relay) accept() {
	for {
		near, err := r.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !r.keep(near, far) {
			continue
		}
		r.wg.Go(func() { r.pass(near, far) })
		r.wg.Go(func() { r.pass(far, near) })
	}
}

// keep remembers a pair of connections, unless the way is cut.
func (r *relay) keep(near, far net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		_ = near.Close()
		_ = far.Close()
		return false
	}
	r.conns[near], r.conns[far] = true, true
	return true
}

// pass copies one direction until either end is closed.
func (r *relay) pass(from, to net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		r.gate.RLock()
		r.gate.RUnlock() //nolint:staticcheck // it is a gate: passing it is all
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			break
		}
	}
	_ = from.Close()
	_ = to.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, from)
	delete(r.conns, to)
}
