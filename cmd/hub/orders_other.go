//go:build !unix

package main

import "os"

var drainSignals []os.Signal
