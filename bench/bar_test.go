package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBar_ShowsWhereTheRunIs(t *testing.T) {
	var out bytes.Buffer
	columns := 200
	b := &bar{w: &out, columns: func() int { return columns }, scenario: "fanout", all: 2, runs: 4, stop: make(chan struct{})}
	b.run(1, targetFloor)
	b.ran()
	b.run(2, targetHub)
	f := func(after time.Duration, want string) {
		t.Helper()
		out.Reset()
		b.draw(b.began.Add(after))
		if got := out.String(); got != "\r\x1b[K"+want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(3*time.Second, "[======                  ] 1/4  fanout, round 2/2, hub: start 3s")
	b.enter("rate", 10*time.Second)
	f(4*time.Second, "[======                  ] 1/4  fanout, round 2/2, hub: rate 40 %")
	f(time.Minute, "[======                  ] 1/4  fanout, round 2/2, hub: rate 100 %")
	columns = 11
	f(0, "[======   ")

	out.Reset()
	fmt.Fprintln(b, "a line")
	b.end()
	if got := out.String(); got != "\r\x1b[Ka line\n" {
		t.Errorf("%q: a line does not replace the bar", got)
	}
}

func TestBar_IsNotShownWhereThereIsNoTerminal(t *testing.T) {
	b := newBar("fanout", 1, 1) // go test has no terminal for stderr
	if b != nil {
		t.Skip("stderr is a terminal")
	}
	b.run(1, targetHub)
	b.enter("rate", 0)
	b.ran()
	b.end()
}

func TestSchedule_LeavesOutWhatATargetFileLimits(t *testing.T) {
	text, err := peerFiles.ReadFile("targets/pushpin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "once.yaml")
	if err := os.WriteFile(file, append([]byte("rounds: 1\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &options{Runs: 2, Baselines: []string{"floor"}, Peers: []string{file}}
	var got []string
	for _, r := range o.schedule() {
		got = append(got, fmt.Sprint(r.number, r.target))
	}
	if want := "1floor 1pushpin 2floor"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
