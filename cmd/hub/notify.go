package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// What a service manager is told, as sd_notify(3) has it.
const (
	notifyReady     = "READY=1"
	notifyReloading = "RELOADING=1"
	notifyStopping  = "STOPPING=1"
	notifyAlive     = "WATCHDOG=1"
)

// notifier tells the service manager that started this process how it is. Without
// one it does nothing.
type notifier struct {
	socket string
	every  time.Duration // between two signs of life, 0 if none are wanted
}

func newNotifier(getenv func(string) string) *notifier {
	n := &notifier{socket: getenv("NOTIFY_SOCKET")}
	pid := getenv("WATCHDOG_PID")
	limit, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if err == nil && limit > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(limit) * time.Microsecond / 3
	}
	return n
}

// tellTime is how long a service manager that does not read may keep the hub.
const tellTime = time.Second

// tell sends a state. That nobody listens, or reads, changes nothing for the hub.
func (n *notifier) tell(state string) {
	if n.socket == "" {
		return
	}
	conn, err := net.Dial("unixgram", n.socket) // "@" at its begin stands for an abstract name here too
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(tellTime))
	_, _ = conn.Write([]byte(state))
}

// live gives signs of life until ctx ends, as long as alive has no error: a hub
// that hangs is to be started anew.
func (n *notifier) live(ctx context.Context, alive func(context.Context) error) {
	if n.every <= 0 || n.socket == "" {
		return
	}
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, n.every)
		if alive(asked) == nil {
			n.tell(notifyAlive)
		}
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
