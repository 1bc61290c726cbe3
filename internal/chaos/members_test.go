//go:build linux

package chaos

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// newCluster starts three hubs that are the engine too, and HAProxy before them.
func newCluster(t *testing.T, args ...string) *site {
	t.Helper()
	s := prepare(t)
	peers := make([]string, len(s.hubs))
	for i := range peers {
		peers[i] = "127.0.0.1:" + freePort(t)
	}
	secret := writeFile(t, s.dir, "cluster-secret", "a secret of the cluster\n")
	for i, peer := range peers {
		s.addHub(i, append([]string{
			"--engine=nats", fmt.Sprintf("--data-dir=%s/data%d", s.dir, i), "--cluster-listen=" + peer,
			"--cluster-peers=" + strings.Join(peers, ","), "--cluster-secret-file=" + secret,
		}, args...)...)
	}
	s.open()
	return s
}

// Whichever hub leads the log, it is killed: the lead changes only when it is.
func TestMembers_KilledAndStoppedOneAfterTheOtherLoseNothing(t *testing.T) {
	st := newStage(t, newCluster(t, "--retry-min=200ms", "--retry-max=1s"), 60)
	for _, h := range st.hubs {
		t.Logf("%s: %s is killed", clock(), h.name)
		h.kill()
		time.Sleep(time.Second)
		if err := h.start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	for _, h := range st.hubs {
		t.Logf("%s: %s is stopped", clock(), h.name)
		if err := halt(h.process, 3*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
	}
	if err := st.hubs[0].signal(syscall.SIGTERM); err != nil { // and one leaves for good
		t.Fatal(err)
	}
	v := st.finish()
	t.Logf("%+v of %d messages, %d reconnects, %d of %d POSTs tried again", v, st.press.acked.Load(),
		st.audience.reconnects(), st.press.failed.Load(), st.press.attempts.Load())
}
