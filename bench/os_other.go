//go:build !linux

package main

import (
	"net"
	"os"
	"syscall"
	"time"

	"example.org/hub/bench/swarm"
)

func askedToEndWithParent() *syscall.SysProcAttr { return nil }
func dieWithParent() *syscall.SysProcAttr        { return nil }
func processClock(int) (time.Duration, error)    { return 0, swarm.ErrUnsupported }
func raiseFileLimit() (int, error)               { return 0, swarm.ErrUnsupported }
func terminalColumns(*os.File) int               { return 0 }
func kernelRelease() string                      { return "" }
func serveFloor(*net.TCPListener) error          { return swarm.ErrUnsupported }

// setReceiveBuffer leaves the system's buffer.
func setReceiveBuffer(uintptr, int) error { return nil }
