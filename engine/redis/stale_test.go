package redis

import (
	"crypto/rand"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// startSwitch forwards connections to the address that target holds when they
// come, and returns its own address.
func startSwitch(t *testing.T, target *atomic.Pointer[string]) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", *target.Load())
			if err != nil {
				_ = from.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
					_ = way[1].Close()
				}()
			}
		}
	}()
	return ln.Addr().String()
}

// A master that was cut off while another took over still answers those who are
// connected to it. Only its silence shows that it is not the one any more.
func TestTail_LeavesAMasterThatWasReplaced(t *testing.T) {
	t.Parallel()
	old := startServer(t)
	next := startServer(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(old.port))
	var target atomic.Pointer[string]
	address := old.address()
	target.Store(&address)
	e, err := Open(t.Context(), Config{URL: "redis://" + startSwitch(t, &target), Namespace: rand.Text()}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	f := follow(t, e)
	first := mustAppend(t, e, 1, "")
	f.awaitNumber(t, 1)
	eventually(t, "the replica to have the record", func() bool {
		return strings.HasPrefix(dial(t, next)("XLEN "+e.names.log), ":1")
	})
	dial(t, next)("REPLICAOF NO ONE")
	successor := next.address()
	target.Store(&successor)
	cutOff(t, old)

	last := mustEventually(t, e, 2)
	if last.Position.Epoch != first.Position.Epoch || last.Position.Seq != 2 {
		t.Errorf("the successor stored at %v after %v", last.Position, first.Position)
	}
	f.awaitNumber(t, 2)
	if e.Stats().Relinks == 0 {
		t.Error("the tail came to its successor without a new connection")
	}
}

// cutOff kills all connections of a server but those that wait for records.
func cutOff(t *testing.T, s *redisServer) {
	t.Helper()
	eventually(t, "the connections to be cut", func() bool {
		c := dial(t, s)
		others := 0
		for line := range strings.Lines(c("CLIENT LIST TYPE normal")) {
			if id, ok := strings.CutPrefix(line, "id="); ok && strings.Contains(line, "name=hub") && !strings.Contains(line, "cmd=xread") {
				id, _, _ = strings.Cut(id, " ")
				c("CLIENT KILL ID " + id)
				others++
			}
		}
		return others == 0
	})
}
