package transport

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// How long a listener rests after an error that passes: twice as long each time.
const (
	leastRest    = 5 * time.Millisecond
	greatestRest = time.Second
)

// patientListener goes on after errors that say nothing about the listener: no
// descriptor is left, say. fasthttp ends its server at the first of them, and the
// hub would end with all its streams. Clients wait in the backlog meanwhile.
type patientListener struct {
	net.Listener
	failed func(error)     // is told of each error
	stop   <-chan struct{} // ends a rest
}

// Accept returns the next connection, or the error that ends the listener.
func (l patientListener) Accept() (net.Conn, error) {
	for rest := leastRest; ; rest = min(2*rest, greatestRest) {
		conn, err := l.Listener.Accept()
		if err == nil || !passes(err) {
			return conn, err //nolint:wrapcheck // fasthttp looks at the text
		}
		l.failed(err)
		select {
		case <-time.After(rest):
		case <-l.stop:
			return nil, net.ErrClosed
		}
	}
}

// passes reports whether an error of accept(2) is about this moment, or about the
// client, and not about the listener.
func passes(err error) bool {
	for _, e := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.EPROTO, syscall.EPERM,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// patient makes a listener outlive errors that pass. One a minute is logged; all are
// counted.
func (s *Server) patient(ln net.Listener) net.Listener {
	var logged time.Time // Accept is called by one goroutine
	return patientListener{Listener: ln, stop: s.stop, failed: func(err error) {
		s.metrics.acceptErrors.Inc()
		if time.Since(logged) >= time.Minute {
			logged = time.Now()
			s.log.Warn("connection not accepted", "addr", ln.Addr().String(), "err", err)
		}
	}}
}
