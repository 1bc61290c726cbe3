package sse

import (
	"errors"
	"strings"
	"testing"
)

func TestValidName(t *testing.T) {
	for _, good := range []string{"", "message", "notification", "a b", " a", "ü", "a:b", strings.Repeat("n", MaxNameLen)} {
		if err := ValidName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"a\n", "a\r", "\x00", "\xff", strings.Repeat("n", MaxNameLen+1)} {
		if err := ValidName(bad); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestReserved(t *testing.T) {
	for _, name := range []string{"connected", "ping", "gap", "reconnect", "error", "open", "hub.", "hub.drain"} {
		if !Reserved(name) {
			t.Errorf("%q is free", name)
		}
	}
	for _, name := range []string{"", "message", "notification", "systemUpdate", "dashboardUpdate", "Ping", "hub", "hubs.x", "pings"} {
		if Reserved(name) {
			t.Errorf("%q is reserved", name)
		}
	}
}

func TestEvent_Type(t *testing.T) {
	if got := (Event{}).Type(); got != "message" {
		t.Errorf("got %q", got)
	}
	if got := (Event{Name: "x"}).Type(); got != "x" {
		t.Errorf("got %q", got)
	}
}
