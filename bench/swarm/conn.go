package swarm

// connState is where a reader's connection is in its life.
type connState uint8

const (
	connIdle     connState = iota // not opened
	connDialling                  // waiting for the TCP handshake
	connWaiting                   // request sent, waiting for the first event
	connOpen                      // streaming
	connStuck                     // open, and never read again
	connClosed
)

// conn is one reader. There are very many, so it is kept small: what a partial
// frame needs is allocated only while there is one.
type conn struct {
	fd      int32
	state   connState
	gotByte bool
	dec     decoder
	started int64  // when dialled, by Now
	since   int64  // events due before are replayed
	id      []byte // of the last event
	left    []byte // the incomplete frame at the end of what was read
	request []byte // what is not yet written of the request
}

// reader drives the connections that belong to one goroutine.
type reader struct {
	poll    *poller
	conns   []conn  // by local number
	orders  []order // slots orders for each connection
	slots   int
	buf     []byte // shared by all connections
	stats   Stats
	opening *opening
	cmds    commands
	live    int
	shared  *shared

	inflater inflater

	cur     int   // the connection whose bytes are being decoded
	now     int64 // when they were read
	gotOne  bool  // whether they held a frame
	onFrame frameFunc
}

// readBuffer is how much one read(2) may return.
const readBuffer = 256 << 10

func newReader(conns, slots int, sh *shared) (*reader, error) {
	poll, err := newPoller()
	if err != nil {
		return nil, err
	}
	r := &reader{
		poll:   poll,
		conns:  make([]conn, conns),
		orders: make([]order, conns*slots),
		slots:  slots,
		buf:    make([]byte, readBuffer),
		stats:  NewStats(),
		shared: sh,
	}
	r.onFrame = r.frame
	r.cmds.wake = poll.wake
	return r, nil
}
