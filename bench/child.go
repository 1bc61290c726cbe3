package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is a server process that the suite started. It dies with the suite.
type child struct {
	cmd  *exec.Cmd
	once sync.Once
}

// startTimeout bounds how long a child may take to say its first line.
const startTimeout = 10 * time.Second

// startChild starts a program and returns the first line of its output.
func startChild(path string, args, env []string) (*child, string, error) {
	cmd := exec.Command(path, args...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = dieWithParent()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	c := &child{cmd: cmd}
	timer := time.AfterFunc(startTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.stop()
		return nil, "", fmt.Errorf("it said nothing: %w", err)
	}
	return c, strings.TrimSpace(line), nil
}

// spawnChild starts a program whose output goes to stderr.
func spawnChild(path string, args, env []string) (*child, error) {
	cmd := exec.Command(path, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{cmd: cmd}, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// stop kills the process and waits for it.
func (c *child) stop() {
	c.once.Do(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
}
