package redis

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"example.org/hub/engine"
)

// startSentinel watches a master as "log".
func startSentinel(t *testing.T, master *redisServer) *redisServer {
	t.Helper()
	conf := writeFile(t, "sentinel.conf", fmt.Sprintf(`sentinel monitor log 127.0.0.1 %d 1
sentinel down-after-milliseconds log 500
sentinel failover-timeout log 2000
`, master.port))
	// The first argument of a Sentinel is its file, which it rewrites.
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{port: port, dir: t.TempDir()}
	s.cmd = exec.Command("redis-server", conf, "--sentinel", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", s.dir)
	s.cmd.SysProcAttr = endWithParent()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

// A replica takes over that has everything, and the tail goes on. When the log
// is gone later, it reports that.
func TestEngine_FollowsAFailover(t *testing.T) {
	t.Parallel()
	master := startServer(t)
	replica := startServer(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(master.port))
	sentinel := startSentinel(t, master)
	cfg := Config{URL: sentinel.url(), SentinelMaster: "log", Namespace: rand.Text()}
	var e *Engine
	eventually(t, "the sentinel", func() (ok bool) {
		var err error
		e, err = Open(t.Context(), cfg, quiet())
		return err == nil
	})
	t.Cleanup(func() { _ = e.Close() })
	f := follow(t, e)
	mustAppend(t, e, 1, "")
	f.awaitNumber(t, 1)
	eventually(t, "the sentinel to know the replica", func() bool {
		c := dial(t, sentinel)
		return strings.Contains(c("SENTINEL replicas log"), strconv.Itoa(replica.port)) &&
			strings.HasPrefix(dial(t, replica)("XLEN "+e.names.log), ":1")
	})
	before := mustBounds(t, e)
	master.end()
	mustEventually(t, e, 2)
	f.awaitNumber(t, 2)
	if b := mustBounds(t, e); b.Epoch != before.Epoch || b.Head != 2 {
		t.Errorf("Bounds = %+v after %+v", b, before)
	}

	c := dial(t, replica)
	if got := c("DEL " + e.names.log); !strings.HasPrefix(got, ":1") {
		t.Fatalf("DEL answered %q", got)
	}
	if err := f.awaitEnd(t); !errors.Is(err, engine.ErrTruncated) {
		t.Errorf("Tail: %v, want ErrTruncated", err)
	}
}
