//go:build unix

package main

import (
	"os"
	"syscall"
)

var drainSignals = []os.Signal{syscall.SIGUSR2}
