package main

import (
	"errors"
	"net"
	"os"
	"testing"
)

func TestResolve_RefusesOtherMachines(t *testing.T) {
	f := func(addr string, remote bool, want error) {
		t.Helper()
		if _, err := resolve(addr, remote); !errors.Is(err, want) {
			t.Errorf("resolve(%s, %v): %v, want %v", addr, remote, err, want)
		}
	}
	f("127.0.0.1:80", false, nil)
	f("127.9.9.9:80", false, nil)
	f("[::1]:80", false, nil)
	f("[::ffff:127.0.0.1]:80", false, nil)
	f("192.0.2.1:80", false, errRemote)
	f("[2001:db8::1]:80", false, errRemote)
	f("0.0.0.0:80", false, errRemote)
	f("192.0.2.1:80", true, nil)
}

func TestPidOfPort_FindsTheListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	if pid, err := pidOfPort(port); err != nil || pid != os.Getpid() {
		t.Errorf("got %d, %v, want %d", pid, err, os.Getpid())
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if pid, err := pidOfPort(port); !errors.Is(err, errNoProcess) {
		t.Errorf("nobody listens any more: got %d, %v", pid, err)
	}
}

func TestFindHub_TakesTheProcessFromThePort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s, err := findHub(&options{Target: ln.Addr().String(), Internal: "127.0.0.1:1"}, &users{apiKey: "k"})
	if err != nil || s.pid != os.Getpid() || s.apiKey != "k" || !s.metrics {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := findHub(&options{Target: ln.Addr().String(), Internal: "192.0.2.1:1"}, &users{}); !errors.Is(err, errRemote) {
		t.Errorf("a remote internal address: %v, want %v", err, errRemote)
	}
}
