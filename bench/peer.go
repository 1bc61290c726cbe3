package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// peer is a server that a target file describes, while it runs.
type peer struct {
	*peerFile

	ports    map[string]netip.AddrPort // by name
	procs    []*child
	counted  []int // the processes whose trees are measured
	requests *peerRequests
}

// startPeer starts the processes of a target file with their configuration in a
// new directory, and waits until they serve.
func startPeer(ctx context.Context, f *peerFile, e *environment) (_ *server, err error) {
	p := &peer{peerFile: f, ports: map[string]netip.AddrPort{}}
	s := &server{name: f.Name, peer: p}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.files, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, fmt.Errorf("start %s: %w", f.Name, err)
	}
	if err = p.launch(s.files, e); err != nil {
		return nil, fmt.Errorf("start %s: %w", f.Name, err)
	}
	if s.public, err = p.port(f.Subscribe.Port); err != nil {
		return nil, err
	}
	if s.internal, err = p.port(f.Publish.Port); err != nil {
		return nil, err
	}
	s.pid = p.counted[0]
	return s, p.awaitReady(ctx)
}

// launch writes the files and starts the processes.
func (p *peer) launch(dir string, e *environment) error {
	value := p.values(dir, e)
	for name, text := range p.Files {
		text, err := expand(text, value)
		if err != nil {
			return fmt.Errorf("files: %s: %w", name, err)
		}
		path := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write its files: %w", err)
		}
	}
	for _, proc := range p.Start {
		if err := p.spawn(proc, value); err != nil {
			return err
		}
	}
	if len(p.counted) == 0 {
		return errors.New("start: all processes are uncounted")
	}
	var err error
	p.requests, err = newPeerRequests(p.peerFile, e.users, value)
	return err
}

func (p *peer) spawn(proc peerProcess, value func(string) (string, bool)) error {
	args := make([]string, len(proc.Command))
	for i, a := range proc.Command {
		var err error
		if args[i], err = expand(a, value); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	env := os.Environ()
	for k, v := range proc.Env {
		v, err := expand(v, value)
		if err != nil {
			return fmt.Errorf("start: env: %w", err)
		}
		env = append(env, k+"="+v)
	}
	c, err := spawnPeer(args[0], args[1:], env)
	if err != nil {
		return fmt.Errorf("%w (is it installed? see \"make peers\")", err)
	}
	p.procs = append(p.procs, c)
	if !proc.Uncounted {
		p.counted = append(p.counted, c.pid())
	}
	return nil
}

// values are the placeholders that are known at the start. A port is chosen when
// its name is first met.
func (p *peer) values(dir string, e *environment) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if port, ok := cutPort(name); ok {
			a, err := p.port(port)
			return strconv.Itoa(int(a.Port())), err == nil
		}
		switch name {
		case "dir":
			return dir, true
		case "cores":
			return strconv.Itoa(runtime.GOMAXPROCS(0)), true
		case "secret":
			return string(e.users.secret), true
		case "key":
			return e.users.apiKey, true
		case "hub":
			return e.StartHub, e.StartHub != ""
		}
		return "", false
	}
}

func cutPort(name string) (string, bool) {
	const prefix = "port:"
	if len(name) > len(prefix) && name[:len(prefix)] == prefix {
		return name[len(prefix):], true
	}
	return "", false
}

func (p *peer) port(name string) (netip.AddrPort, error) {
	if a, ok := p.ports[name]; ok {
		return a, nil
	}
	a, err := freeAddress()
	if err == nil {
		p.ports[name] = a
	}
	return a, err
}

// awaitReady asks until the answer is 2xx.
func (p *peer) awaitReady(ctx context.Context) error {
	a, err := p.port(p.Ready.Port)
	if err != nil {
		return err
	}
	url, ready := "http://"+a.String()+p.Ready.Path, false
	err = waitFor(ctx, startTimeout, func() bool {
		ready = answers(ctx, url)
		return ready
	})
	if err == nil && !ready {
		err = fmt.Errorf("%s: %s did not answer 2xx within %v", p.Name, url, startTimeout)
	}
	if err != nil {
		return err
	}
	return pause(ctx, p.Ready.Pause)
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode/100 == 2
}

// stop asks all processes to end, and kills what is left of them.
func (p *peer) stop() {
	for _, c := range p.procs {
		tree := processTree(c.pid())
		c.terminate()
		for _, pid := range tree[1:] {
			if proc, err := os.FindProcess(pid); err == nil && parentOf(pid) == 1 {
				_ = proc.Kill()
			}
		}
	}
}
