//go:build linux

package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// process is a program that can be started again after its end. It ends with
// the test, and with the test's process if that is killed.
type process struct {
	name, path string
	args       []string
	log        string        // file of what it prints, all lives of it
	ready      func() error  // nil if it serves
	cmd        *exec.Cmd     // of the last start
	exited     chan struct{} // of the last start
}

// newProcess prepares a process whose output goes to a file in dir.
func newProcess(t *testing.T, dir, name, path string, ready func() error, args ...string) *process {
	t.Helper()
	p := &process{name: name, path: path, args: args, log: filepath.Join(dir, name+".log"), ready: ready}
	t.Cleanup(func() {
		if p.cmd != nil {
			p.kill()
		}
		if t.Failed() {
			p.tell(t)
		}
	})
	return p
}

// start starts the process and waits until it serves.
func (p *process) start() error {
	if err := p.launch(); err != nil {
		return err
	}
	return p.await()
}

// launch starts the process.
func (p *process) launch() error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd, exited := exec.Command(p.path, p.args...), make(chan struct{})
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{} // nothing of ours is a setting of theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.exited = cmd, exited
	go func() {
		_, _ = cmd.Process.Wait()
		close(exited)
	}()
	return nil
}

// await waits until the process serves.
func (p *process) await() error {
	for tries := 0; ; time.Sleep(20 * time.Millisecond) {
		err := p.ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended at its start", p.name)
		default:
		}
		if tries++; tries > patience*50 {
			return fmt.Errorf("%s does not serve: %w", p.name, err)
		}
	}
}

// signal sends a signal to the process.
func (p *process) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// kill ends the process at once, stopped or not, and waits for that.
func (p *process) kill() {
	_ = p.signal(syscall.SIGKILL)
	<-p.exited
}

// terminate ends the process in good order.
func (p *process) terminate() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	for range patience {
		select {
		case <-p.exited:
			return nil
		case <-time.After(time.Second):
		}
	}
	return fmt.Errorf("%s does not end", p.name)
}

// tell prints the end of what the process has printed.
func (p *process) tell(t *testing.T) {
	t.Helper()
	const most = 6000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return
	}
	t.Logf("log of %s:\n%s", p.name, text[max(0, len(text)-most):])
}

// ports counts from any number on, so that no port is given twice.
var ports atomic.Uint32

func init() { ports.Store(rand.Uint32N(8_000)) }

// freePort returns a port from below those that the kernel gives to clients, so
// that nobody takes it in the meantime.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		port := strconv.Itoa(12_000 + int(ports.Add(1)%8_000))
		ln, err := net.Listen("tcp", "127.0.0.1:"+port)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
}

// listening returns a check that something takes connections at addr.
func listening(addr string) func() error {
	return func() error {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
