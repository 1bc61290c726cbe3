//go:build unix

package main

import (
	"os"
	"syscall"
)

// orderSignals are the signals that do not end the process.
var orderSignals = []os.Signal{syscall.SIGUSR2}

// obey does what a signal asks for.
func (n *node) obey(sig os.Signal) {
	if sig == syscall.SIGUSR2 {
		n.drainer.Begin()
	}
}
