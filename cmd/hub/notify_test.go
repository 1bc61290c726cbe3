package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// manager is what a service manager hears.
func manager(t *testing.T, address string) (next func() string) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func() string {
		t.Helper()
		b := make([]byte, 1024)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func TestNotify_TheServiceManagerHearsOfStartReloadAndStop(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	next := manager(t, socket)
	h := startHubWith(t, []string{"--drain-delay", "0", "--drain-window", "0"}, []string{
		"HUB_JWT_SECRET_FILE=" + writeFile(t, "secret", testSecret), "HUB_API_KEY_FILE=" + writeFile(t, "keys", "tests:"+testKey+":admin\n"),
		"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=600000",
	})
	want := func(states ...string) {
		t.Helper()
		for _, state := range states {
			got := next()
			for got == notifyAlive && state != notifyAlive {
				got = next()
			}
			if got != state {
				t.Fatalf("got %q, want %q", got, state)
			}
		}
	}
	want(notifyReady, notifyAlive, notifyAlive)
	h.signal(syscall.SIGHUP)
	want(notifyReloading, notifyReady)
	h.signal(syscall.SIGTERM)
	want(notifyStopping)
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestNotifier_NoSignOfLifeFromAHubThatHangs(t *testing.T) {
	next := manager(t, "@"+t.Name())
	env := map[string]string{"NOTIFY_SOCKET": "@" + t.Name(), "WATCHDOG_USEC": "3000"}
	n := newNotifier(func(name string) string { return env[name] })
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	n.live(ctx, func(context.Context) error {
		if asked++; asked < 3 {
			return errors.New("hangs")
		}
		cancel()
		return nil
	})
	n.tell("END")
	if first, second := next(), next(); asked != 3 || first != notifyAlive || second != "END" {
		t.Errorf("asked %d times, then %q, %q", asked, first, second)
	}
}

func TestNotifier_WatchdogOfAnotherProcess(t *testing.T) {
	for pid, want := range map[string]time.Duration{"": time.Second, "1": 0, "x": 0} {
		env := map[string]string{"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": pid}
		if got := newNotifier(func(name string) string { return env[name] }); got.every != want {
			t.Errorf("pid %q: every %v", pid, got.every)
		}
	}
	if got := newNotifier(os.Getenv); got.every != 0 {
		t.Errorf("without a manager: every %v", got.every)
	}
}

// A manager that hangs must not keep the hub from its work, or from stopping.
func TestNotify_AServiceManagerThatDoesNotReadIsNotWaitedFor(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	manager(t, socket)
	for full := false; !full; {
		conn, err := net.Dial("unixgram", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
		for n := 0; err == nil; n++ { // until its own buffer is full, or the manager's queue
			_, err = conn.Write([]byte("x"))
			full = err != nil && n == 0
		}
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		(&notifier{socket: socket}).tell(notifyStopping)
	}()
	select {
	case <-told:
	case <-time.After(patience):
		t.Error("it waits")
	}
}
