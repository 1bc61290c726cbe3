package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"example.org/hub/bench/swarm"
)

// server is a running target.
type server struct {
	name     string
	public   netip.AddrPort // streams
	internal netip.AddrPort // messages, metrics
	pid      int
	child    *child // nil if it is not ours
	files    string // its temporary directory
	apiKey   string
	peer     *peer // nil if it is not started by a target file
	metrics  bool  // it answers /metrics and /debug/pprof/

	generators []int // processes of its readers, besides this one
}

// errRemote is returned for a target elsewhere.
var errRemote = errors.New("not a loopback address; allow-remote permits it")

// errPeerWorkers is returned for more streams of a peer than a process can read.
var errPeerWorkers = errors.New("readers of a peer are in one process: ask for fewer conns, and no procs")

// start runs a fresh target, or finds the one that runs already.
func (e *environment) start(ctx context.Context) (*server, error) {
	if f, err := e.peerNamed(e.target); f != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return startPeer(ctx, f, e)
	}
	if e.target != targetHub {
		return startBaseline(e.target)
	}
	if e.StartHub != "" {
		flags := e.HubFlag
		if e.gzip {
			flags = append(slices.Clone(flags), "--compress")
		}
		return startHub(ctx, e.StartHub, flags, e.users)
	}
	return findHub(e.options, e.users)
}

// findHub describes the hub that runs at the address given.
func findHub(opts *options, u *users) (*server, error) {
	public, err := resolve(opts.Target, opts.AllowRemote)
	if err != nil {
		return nil, err
	}
	internal, err := resolve(opts.Internal, opts.AllowRemote)
	if err != nil {
		return nil, err
	}
	pid := opts.PID
	if pid == 0 {
		if pid, err = pidOfPort(public.Port()); err != nil {
			return nil, err
		}
	}
	return &server{name: targetHub, public: public, internal: internal, pid: pid, apiKey: u.apiKey, metrics: true}, nil
}

// resolve returns the address of a host and port; unless allowed otherwise it
// has to be a loopback address, because a full load is aimed at it.
func resolve(hostport string, remote bool) (netip.AddrPort, error) {
	tcp, err := net.ResolveTCPAddr("tcp", hostport)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("target: %w", err)
	}
	a := tcp.AddrPort()
	a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	if !a.Addr().IsLoopback() && !remote {
		return a, fmt.Errorf("target %s: %w", hostport, errRemote)
	}
	return a, nil
}

// crowd makes readers for the streams of the target, in the processes planned.
func (s *server) crowd(e *environment, readers, slots int) (*crowd, error) {
	return s.crowdOf(e, 0, readers, slots, e.procs)
}

// crowdOf makes readers for users from number first on.
func (s *server) crowdOf(e *environment, first, readers, slots, procs int) (*crowd, error) {
	setup := StationSetup{
		Addr: s.public, Readers: readers, Slots: slots, Workers: e.Workers, Sources: e.Sources,
		FirstUser: first, Gzip: e.gzip, PerTopic: e.perTopic,
	}
	if s.peer != nil {
		if procs > 0 {
			return nil, errPeerWorkers
		}
		setup.stream = s.peer.requests.streamRequest(streamKind{perTopic: e.perTopic, private: e.private})
	}
	c, err := newCrowd(setup, e.users, min(procs, readers))
	if err == nil {
		s.generators = append(s.generators, c.pids()...)
	}
	return c, err
}

// open opens count connections from number first on, and fails if any fails.
func (s *server) open(e *environment, sw *crowd, first, count int, stuck bool) (swarm.OpenResult, error) {
	e.bar.enter(fmt.Sprintf("open %d streams", count), 0)
	res, err := sw.Open(OpenArgs{Span: Span{first, count}, Concurrency: s.concurrency(e), Stuck: stuck, Silent: s.peer != nil && s.peer.Subscribe.Silent, Timeout: e.Timeout})
	if err != nil {
		return res, err
	}
	if res.Failed > 0 {
		return res, fmt.Errorf("open connections: %d of %d failed: %v", res.Failed, count, res.Causes)
	}
	return res, nil
}

// concurrency is how many streams may be opened at once.
func (s *server) concurrency(e *environment) int {
	if s.peer != nil && s.peer.Subscribe.Concurrency > 0 {
		return min(e.Concurrency, s.peer.Subscribe.Concurrency)
	}
	return e.Concurrency
}

// publisher opens keep-alive connections to the target.
func (s *server) publisher(e *environment, conns, size int) (*swarm.Publisher, error) {
	return swarm.NewPublisher(swarm.PublisherConfig{Addr: s.internal, Conns: conns, Request: s.publishRequest(e, size)})
}

// publishRequest returns a function that appends a publisher's request.
func (s *server) publishRequest(e *environment, size int) func(dst []byte, m swarm.Message) []byte {
	if s.peer != nil {
		return s.peer.requests.publishRequest(e.perTopic > 0, size, e.data())
	}
	to := toUser
	if e.perTopic > 0 {
		to = toTopic
	}
	return e.users.publishRequest(s.internal.String(), to, size, e.data())
}

// stop ends a target that the suite started.
func (s *server) stop() {
	if s.peer != nil {
		s.peer.stop()
	}
	if s.child != nil {
		s.child.stop()
	}
	removeFiles(s.files)
}

// waitFor polls until ok, for at most limit. The caller looks again whether it is.
func waitFor(ctx context.Context, limit time.Duration, ok func() bool) error {
	const step = 2 * time.Millisecond
	for begun := time.Now(); !ok() && time.Since(begun) < limit; {
		if err := pause(ctx, step); err != nil {
			return err
		}
	}
	return nil
}
