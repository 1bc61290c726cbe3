package main

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"example.org/hub/bench/swarm"
)

// station drives some of the readers of a run, in this process or in a worker.
// Its methods have the form that net/rpc wants.
type station interface {
	Open(args OpenArgs, reply *swarm.OpenResult) error
	Cut(args Span, reply *Nothing) error
	Track(share int, reply *Nothing) error // 0 ends it
	Delivered(args Nothing, reply *uint64) error
	Live(args Nothing, reply *int) error
	Collect(args Nothing, reply *swarm.Stats) error
	Last(n int, reply *[]uint32) error
	Memory(args Nothing, reply *uint64) error
	Close(args Nothing, reply *Nothing) error
}

// Nothing is what a method of a station takes or returns that has nothing to say.
type Nothing struct{ None bool }

// Span is some readers of a station.
type Span struct{ First, Count int }

// OpenArgs say which streams a station opens, and how.
type OpenArgs struct {
	Span

	Concurrency   int
	Stuck, Resume bool
	Silent        bool // the server sends no first event
	Timeout       time.Duration
}

// StationSetup is what a station has to know.
type StationSetup struct {
	Addr           netip.AddrPort
	Readers, Slots int
	Workers        int
	Sources        int
	FirstUser      int // the user of its first reader
	Gzip           bool
	PerTopic       int

	// For a station in another process, which makes its own tokens.
	Secret []byte
	Grant  string
	Clock  int64

	stream func(dst []byte, i int, last []byte) []byte // of a peer; only in this process
}

// localStation is a station with its readers in this process.
type localStation struct {
	StationSetup

	sw      *swarm.Swarm
	request func(dst []byte, i int, last []byte) []byte
	reached func(slot int) // called when an event has reached all; for Track
	stop    chan struct{}
}

// newStation makes a station; u has the tokens of its users.
func newStation(setup StationSetup, u *users) (*localStation, error) {
	sw, err := swarm.New(swarm.Config{
		Addr: setup.Addr, Readers: setup.Readers, Slots: setup.Slots, Workers: setup.Workers, Sources: setup.Sources,
	})
	if err != nil {
		return nil, err
	}
	kind := streamKind{gzip: setup.Gzip, perTopic: setup.PerTopic}
	request := setup.stream
	if request == nil {
		request = u.streamRequest(setup.Addr.String(), kind)
	}
	return &localStation{StationSetup: setup, sw: sw, request: func(dst []byte, i int, last []byte) []byte {
		return request(dst, setup.FirstUser+i, last)
	}}, nil
}

// Open implements station.
func (s *localStation) Open(args OpenArgs, reply *swarm.OpenResult) (err error) {
	*reply, err = s.sw.Open(swarm.OpenConfig{
		First: args.First, Count: args.Count, Concurrency: args.Concurrency,
		Stuck: args.Stuck, Resume: args.Resume, Silent: args.Silent, Timeout: args.Timeout, Request: s.request,
	})
	return err
}

// Cut implements station.
func (s *localStation) Cut(args Span, _ *Nothing) error {
	s.sw.Cut(args.First, args.Count)
	return s.sw.Err()
}

// Track implements station: it tells when an event of a slot has reached as many
// readers as it has a share of.
func (s *localStation) Track(share int, _ *Nothing) error {
	if s.stop != nil {
		close(s.stop)
		s.stop = nil
	}
	if share == 0 {
		s.sw.Track(nil)
		return nil
	}
	wake := make(chan struct{}, 1)
	p := swarm.NewProgress(share, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	stop := make(chan struct{})
	s.stop = stop
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-wake:
			}
			for slot := range s.Slots {
				if p.Take(slot) {
					s.reached(slot)
				}
			}
		}
	}()
	s.sw.Track(p)
	return nil
}

// Delivered implements station.
func (s *localStation) Delivered(_ Nothing, reply *uint64) error {
	*reply = s.sw.Delivered()
	return nil
}

// Live implements station.
func (s *localStation) Live(_ Nothing, reply *int) error {
	*reply = s.sw.Live()
	return s.sw.Err()
}

// Collect implements station.
func (s *localStation) Collect(_ Nothing, reply *swarm.Stats) error {
	*reply = s.sw.Collect()
	return s.sw.Err()
}

// Last implements station.
func (s *localStation) Last(n int, reply *[]uint32) error {
	*reply = s.sw.Last(n)
	return s.sw.Err()
}

// Memory implements station: it is the RSS of its process.
func (s *localStation) Memory(_ Nothing, reply *uint64) error {
	u, err := readUsage(os.Getpid())
	if err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	*reply = u.rss
	return nil
}

// Close implements station.
func (s *localStation) Close(Nothing, *Nothing) error {
	err := s.Track(0, nil)
	if cerr := s.sw.Close(); err == nil {
		err = cerr
	}
	return err
}
