package main

import (
	"errors"
	"math"
	"runtime/debug"
	"strings"
	"testing"
)

func TestWaterMark_HasHysteresis(t *testing.T) {
	var used float64
	var err error
	m := &waterMark{high: 0.9, low: 0.8, used: func() (float64, error) { return used, err }}
	f := func(now float64, ready bool) {
		t.Helper()
		used = now
		if got := m.check(t.Context()); (got == nil) != ready {
			t.Errorf("at %v: %v", now, got)
		}
	}
	f(0.5, true)
	f(0.85, true)
	f(0.9, false)
	f(0.85, false)
	f(0.95, false)
	f(0.8, false)
	f(0.79, true)
	f(0.85, true)
	err = errors.New("not measured")
	f(1, true)
}

// What the collector would free does not count: with a limit it always has that.
func TestUsedMemory_LeavesGarbageOut(t *testing.T) {
	const limit = 1 << 30
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		t.Fatal("no limit")
	}
	measure := func() float64 {
		t.Helper()
		debug.FreeOSMemory()
		used, err := usedMemory()
		if err != nil {
			t.Fatal(err)
		}
		return used * limit
	}
	before := measure()
	live := make([][]byte, 64)
	for i := range live {
		live[i] = make([]byte, 1<<20)
	}
	with := measure()
	if grown := with - before; grown < 60<<20 || grown > 80<<20 {
		t.Errorf("64 MiB count as %.0f", grown)
	}
	live[0][0] = 1 // it was alive until here
	live = nil
	measure()
	for range 64 {
		live = append(live[:0], make([]byte, 1<<20)) // garbage, which no collection has seen
	}
	used, err := usedMemory()
	if grown := used*limit - before; err != nil || grown > 16<<20 {
		t.Errorf("garbage counts as %.0f, %v", grown, err)
	}
}

func TestServe_IsUnreadyWithoutMemory(t *testing.T) {
	h := startHubWith(t, nil, []string{
		"GOMEMLIMIT=2MiB", "HOME=" + t.TempDir(), "HUB_JWT_SECRET_FILE=" + writeFile(t, "secret", testSecret),
	})
	code, _, errs := command(t, "healthcheck", "--url", h.internal)
	if code == exitOK || !strings.Contains(errs, "memory") {
		t.Errorf("healthcheck: %d %q", code, errs)
	}
}
