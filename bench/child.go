package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// child is a server process that the suite started. It dies with the suite.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// startTimeout bounds how long a child may take until it serves.
const startTimeout = 10 * time.Second

// startChild starts a program and returns the first line of its output.
func startChild(path string, args, env []string) (*child, string, error) {
	cmd := command(path, args, env)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	timer := time.AfterFunc(startTimeout, func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	timer.Stop()
	c := attend(cmd) // only now: waiting for a process closes its pipe
	if err != nil {
		c.stop()
		return nil, "", fmt.Errorf("it said nothing: %w", err)
	}
	return c, strings.TrimSpace(line), nil
}

// spawnChild starts a program whose output goes to stderr.
func spawnChild(path string, args, env []string) (*child, error) {
	cmd := command(path, args, env)
	cmd.Stdout = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return attend(cmd), nil
}

func command(path string, args, env []string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stderr, cmd.SysProcAttr = env, os.Stderr, dieWithParent()
	return cmd
}

// attend waits for a started process in the background.
func attend(cmd *exec.Cmd) *child {
	c := &child{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended does not matter: its figures are taken before
		close(c.done)
	}()
	return c
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// ended reports whether the process is gone.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// end asks the process to end, and kills it if it does not.
func (c *child) end() {
	_ = c.cmd.Process.Signal(os.Interrupt)
	select {
	case <-c.done:
	case <-time.After(startTimeout):
		c.stop()
	}
}

// spawnPeer starts a program that may start others: it is asked to end with the
// suite, so that it can end them.
func spawnPeer(path string, args, env []string) (*child, error) {
	cmd := command(path, args, env)
	cmd.Stdout, cmd.SysProcAttr = os.Stderr, askedToEndWithParent()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return attend(cmd), nil
}

// terminate asks the process to end with those it started, and kills it if it
// does not.
func (c *child) terminate() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(startTimeout):
		c.stop()
	}
}

// stop kills the process and waits for its end.
func (c *child) stop() {
	_ = c.cmd.Process.Kill()
	<-c.done
}
