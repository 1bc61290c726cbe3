//go:build linux

package chaos

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

func TestChaos_EveryAcknowledgedEventArrivesOnceOrAGapTells(t *testing.T) {
	length, clients := 30*time.Second, 60
	if text := os.Getenv("CHAOS"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	if length >= time.Minute {
		clients = 300
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d clients, %v", seed, clients, length)

	began := time.Now()
	st := newStage(t, newSite(t, "--drain-delay=1s", "--drain-window=1s", "--retry-min=200ms", "--retry-max=1s"), clients)
	done := st.torment(rand.New(rand.NewPCG(seed, 0)), length)
	v := st.finish()

	rep := report(seed, clients, time.Since(began), done, st, v)
	t.Log("\n" + rep)
	if path := os.Getenv("CHAOS_REPORT"); path != "" {
		if err := os.WriteFile(path, []byte(rep), 0o644); err != nil { //nolint:gosec // it is for everybody
			t.Error(err)
		}
	}
}
