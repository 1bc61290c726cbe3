package swarm

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// PublisherConfig describes the publishing side.
type PublisherConfig struct {
	Addr  netip.AddrPort
	Conns int // keep-alive connections, each with one request under way

	// Request appends the HTTP request that publishes m.
	Request func(dst []byte, m Message) []byte
}

// maxQueue bounds the messages that wait for a connection; what comes on top is dropped.
const maxQueue = 1 << 14

// dialTimeout bounds the opening of the publisher's connections.
const dialTimeout = 10 * time.Second

var (
	errClosedByServer = errors.New("the server closed a publishing connection")
	errDial           = errors.New("publishing connections not open in time")
)

// Publisher sends events over HTTP on kept connections.
type Publisher struct {
	cfg   PublisherConfig
	poll  *poller
	conns []pubConn
	buf   []byte
	out   PublishResult
	plan  Plan
	late  int64 // a start later than this is counted
	busy  int   // requests under way or queued
	now   int64

	touched []int // connections with new messages
}

// pubConn is one publishing connection.
type pubConn struct {
	fd      int
	open    bool
	waiting bool    // a request is under way
	current Message // the one under way
	begun   int64   // when it was sent
	queue   queue
	out     []byte // the request, and what of it is not yet written
	pending []byte
	in      []byte // the incomplete response
}

// PublishResult is what came of a plan.
type PublishResult struct {
	Sent     uint64
	Answered uint64         // with a 2xx status
	Late     uint64         // begun more than the allowed time after they were due
	Dropped  uint64         // never begun
	Errors   map[string]int // answers other than 2xx, by status
	Elapsed  time.Duration  // from the start to the last answer
	Response *Latency       // from the actual start of a request to its answer
	Wait     *Latency       // from the intended to the actual start
}

// NewPublisher opens the connections.
func NewPublisher(cfg PublisherConfig) (*Publisher, error) {
	poll, err := newPoller()
	if err != nil {
		return nil, fmt.Errorf("publisher: %w", err)
	}
	p := &Publisher{cfg: cfg, poll: poll, buf: make([]byte, 64<<10), conns: make([]pubConn, cfg.Conns)}
	for i := range p.conns {
		p.conns[i].fd = -1
	}
	if err := p.dialAll(); err != nil {
		p.Close()
		return nil, fmt.Errorf("publisher: %w", err)
	}
	return p, nil
}

func (p *Publisher) dialAll() error {
	for i := range p.conns {
		fd, err := dial(p.cfg.Addr, netip.Addr{}, 0)
		if err != nil {
			return err
		}
		p.conns[i].fd = fd
		if err := p.poll.add(fd, uint32(i)); err != nil {
			return err
		}
	}
	deadline := Now() + int64(dialTimeout)
	var events []ready
	for open := 0; open < len(p.conns); {
		left := deadline - Now()
		if left <= 0 {
			return errDial
		}
		var err error
		if events, err = p.poll.wait(events, time.Duration(left)); err != nil {
			return err
		}
		for _, ev := range events {
			if ev.wokenUp || p.conns[ev.id].open {
				continue
			}
			if err := socketError(p.conns[ev.id].fd); err != nil {
				return err
			}
			p.conns[ev.id].open = true
			open++
		}
	}
	return nil
}

// Wake makes the publisher look at its plan again. It may be called from any goroutine.
func (p *Publisher) Wake() { p.poll.wake() }

// Close resets the connections.
func (p *Publisher) Close() {
	for i := range p.conns {
		if p.conns[i].fd >= 0 {
			closeSocket(p.conns[i].fd)
		}
	}
	p.poll.close()
}
