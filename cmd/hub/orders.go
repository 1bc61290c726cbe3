package main

import (
	"os"
	"syscall"
)

// orderSignals are the signals that do not end the process: SIGHUP reloads, and
// where there is a SIGUSR2, that drains.
var orderSignals = append([]os.Signal{syscall.SIGHUP}, drainSignals...)

// obey does what a signal asks for.
func (n *node) obey(sig os.Signal) {
	if sig == syscall.SIGHUP {
		n.reload()
		return
	}
	n.drainer.Begin()
}
