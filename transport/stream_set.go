package transport

import (
	"fmt"
	"net"
	"time"

	"example.org/hub/actors"
)

// streamConfig bounds what one stream may cost.
type streamConfig struct {
	SendBuffer     int           // bytes that a portable stream holds itself; an own descriptor holds none
	MaxClientBytes int           // bytes that a client may send after its request, over the whole stream
	WriteTimeout   time.Duration // how long a portable stream waits for the client to take one write
	Linger         time.Duration // how long a closed portable stream goes on sending what it holds
}

func defaultStreamConfig() streamConfig {
	return streamConfig{
		SendBuffer:     16 << 10,
		MaxClientBytes: 4 << 10,
		WriteTimeout:   30 * time.Second,
		Linger:         5 * time.Second,
	}
}

func (c *streamConfig) check() error {
	if c.SendBuffer <= 0 || c.MaxClientBytes <= 0 || c.WriteTimeout <= 0 || c.Linger <= 0 {
		return fmt.Errorf("stream limits must be positive: %+v", *c)
	}
	return nil
}

// streams makes the streams of one server and watches over them.
type streams struct {
	cfg    streamConfig
	count  streamCounters
	poller *poller
}

// newStreams starts the poller. Close stops it.
func newStreams(cfg streamConfig) (*streams, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &streams{cfg: cfg}
	p, err := newPoller(cfg.MaxClientBytes, &s.count)
	if err != nil {
		return nil, fmt.Errorf("start poller: %w", err)
	}
	s.poller = p
	return s, nil
}

// take makes a stream out of a connection that was hijacked from fasthttp. What
// fasthttp had read ahead stays behind in its buffer and is dropped with it.
//
// If wait is nil, the stream has a descriptor of its own and the caller lets
// fasthttp close conn at once. Otherwise the stream writes through conn: the
// caller calls wait on this goroutine and lets fasthttp close conn after it.
//
// onClose is called exactly once, when the stream has ended; refuse gives the
// answer that Stream.Refuse sends. After an error nothing was taken and neither
// is called.
func (s *streams) take(conn net.Conn, onClose func(), refuse func(actors.Reason) []byte) (
	st actors.Stream, wait func(), err error,
) {
	conn = unwrap(conn)
	own, ok, err := s.own(conn, onClose, refuse)
	if err != nil {
		return nil, nil, fmt.Errorf("take connection: %w", err)
	}
	s.count.open.Add(1)
	if ok {
		return own, nil, nil
	}
	p := newPortableStream(s, conn, onClose, refuse)
	return p, p.wait, nil
}

// close stops the poller. Streams that are still open are no longer told
// anything, but can be written to and closed.
func (s *streams) close() error { return s.poller.close() }

// ended is called once by every stream.
func (s *streams) ended(onClose func()) {
	s.count.open.Add(-1)
	if onClose != nil {
		onClose()
	}
}

// unwrap looks below fasthttp's hijack wrapper, which would pin a read buffer.
// It does not look below TLS.
func unwrap(conn net.Conn) net.Conn {
	for {
		w, ok := conn.(interface{ UnsafeConn() net.Conn })
		if !ok {
			return conn
		}
		conn = w.UnsafeConn()
	}
}

// refusal is the owner of a stream until Start names the real one, which keeps
// the stream two words smaller. It is told nothing: no watch has begun.
type refusal func(actors.Reason) []byte

func (refusal) Writable() {}

func (refusal) Hangup(actors.Reason) {}
