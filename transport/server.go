package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"
)

// Server is the HTTP side of a hub: the two listeners and what is behind them.
type Server struct {
	cfg     Config
	log     *slog.Logger
	metrics *serverMetrics

	hub         Hub
	events      Log
	verifier    Verifier
	mercure     MercureVerifier
	publishers  MercureVerifier // of Mercure
	apiKeys     KeyVerifier
	tickets     TicketOffice
	revocations RevocationList
	cluster     Cluster
	counts      Counts
	past        Past
	drain       Drain
	logLevel    *slog.LevelVar
	checks      []Check
	startChecks []Check
	hasStarted  atomic.Bool

	publicHTTP     *fasthttp.Server
	internalHTTP   *fasthttp.Server
	publicRoutes   *router
	internalRoutes *router

	origins          atomic.Pointer[originRule]
	remotes          atomic.Pointer[remoteRule]
	hosts            hostRule
	hostsChecked     atomic.Bool
	internalLoopback atomic.Bool

	limits    *limits
	publishes atomic.Pointer[publishLimit] // nil for none
	release   func()                       // gives back a place that is counted for no address
	streams   *streams
	handovers handovers

	messagesIn atomic.Uint64
	dashboards atomic.Int64 // open dashboard streams
	rates      rates
	series     series
	activity   activity
	shown      uint64 // the last connect that dashboards were told of
	started    time.Time
	stop       chan struct{} // ends the beat
	life       context.Context
	end        context.CancelFunc // ends waiting for positions
	stopOnce   sync.Once
	beatDone   chan struct{}
}

// ErrDeps is returned by New when a part that it needs is missing.
var ErrDeps = errors.New("transport needs Hub, Log, Tickets and Revocations")

// New sets up both listeners' servers. It opens no port; but it starts the
// poller of streams, so that every Server is to be ended by Shutdown.
//
// Errors: ErrConfig, ErrDeps, and those of the poller.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Hub == nil || deps.Log == nil || deps.Tickets == nil || deps.Revocations == nil {
		return nil, ErrDeps
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Metrics == nil {
		deps.Metrics = metrics.NewSet()
	}
	s := &Server{
		cfg: cfg, log: deps.Logger, metrics: newServerMetrics(deps.Metrics),
		hub: deps.Hub, events: deps.Log, verifier: deps.Verifier, apiKeys: deps.APIKeys,
		tickets: deps.Tickets, revocations: deps.Revocations, checks: deps.Checks, startChecks: deps.Startup,
		cluster: deps.Cluster, counts: deps.Counts, past: deps.Past, drain: deps.Drain, logLevel: deps.LogLevel,
		mercure: deps.Mercure, publishers: cmp.Or(deps.Publishers, deps.Mercure),
		hosts:  newHostRule(cfg.InternalHosts),
		limits: newLimits(&cfg), started: time.Now(),
		stop: make(chan struct{}), beatDone: make(chan struct{}),
	}
	s.setRules(&cfg)
	s.setPublishLimit(&cfg)
	s.release = func() { s.limits.open.Add(-1) }
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.openStreams(); err != nil {
		s.end()
		return nil, err
	}
	s.publicHTTP = s.newHTTP(s.handlePublic, maxPublicBody)
	s.publicHTTP.ConnState = s.handovers.connState
	tables := [][]route{routes}
	if cfg.Mercure {
		tables = append(tables, mercureRoutes)
		s.publicHTTP.HeaderReceived = s.mercureBody
	}
	s.publicRoutes, s.internalRoutes = newRouter(public, tables...), newRouter(internal, tables...)
	s.internalHTTP = s.newHTTP(s.handleInternal, cfg.MaxBody)
	s.registerGauges()
	go s.beat()
	return s, nil
}

func (s *Server) openStreams() (err error) {
	cfg := defaultStreamConfig()
	cfg.SendBuffer, cfg.MaxClientBytes = s.cfg.SendBuffer, s.cfg.MaxClientBytes
	s.streams, err = newStreams(cfg)
	if err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	return nil
}

// maxPublicBody is the largest body that the public listener reads: a message that
// somebody typed.
const maxPublicBody = 8 << 10

// idleWorker is how long fasthttp keeps a goroutine that served a connection for
// the next one. Streams leave theirs at once, so that a rush of them would keep
// hundreds waiting for nothing.
const idleWorker = time.Second

// newHTTP sets up fasthttp. What is left out matters as much: WriteTimeout is
// one deadline for a whole response; MaxConnsPerIP wraps connections so that their
// descriptor is out of reach; and ReduceMemoryUsage reads the first byte of every
// request by itself, while streams give their buffers back anyway.
func (s *Server) newHTTP(handle fasthttp.RequestHandler, maxBody int) *fasthttp.Server {
	return &fasthttp.Server{
		Handler:            handle,
		ErrorHandler:       s.badRequest,
		HeaderReceived:     s.bodyDeadline,
		Logger:             fasthttpLog{s.log},
		Concurrency:        s.cfg.MaxPending,
		ReadBufferSize:     s.cfg.MaxHeader,
		ReadTimeout:        s.cfg.HeaderTimeout,
		IdleTimeout:        s.cfg.IdleTimeout,
		MaxRequestBodySize: maxBody,

		MaxIdleWorkerDuration: idleWorker,

		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
		DisablePreParseMultipartForm: true,
		LazyRequestTime:              true,
		CloseOnShutdown:              true,
	}
}

// smallBody mostly arrives with its headers, and shares their deadline.
const smallBody = 4 << 10

// bodyDeadline gives a body its own time, unless it is small: setting one more
// deadline for each message costs something.
func (s *Server) bodyDeadline(h *fasthttp.RequestHeader) (cfg fasthttp.RequestConfig) {
	if h.ContentLength() > smallBody || h.ContentLength() == -1 {
		cfg.ReadTimeout = s.cfg.BodyTimeout
	}
	return cfg
}

// ServePublic serves streams, tickets and probes until Shutdown, and then
// returns nil.
func (s *Server) ServePublic(ln net.Listener) error {
	if err := s.publicHTTP.Serve(s.patient(ln)); err != nil {
		return fmt.Errorf("serve public listener: %w", err)
	}
	return nil
}

// ServeInternal serves services and operators until Shutdown, and then returns
// nil. On loopback it accepts only the Host names that are configured.
func (s *Server) ServeInternal(ln net.Listener) error {
	s.internalLoopback.Store(onLoopback(ln.Addr()))
	s.hostsChecked.Store(s.internalLoopback.Load() || len(s.cfg.InternalHosts) > 0)
	if err := s.internalHTTP.Serve(lingerListener{s.patient(ln)}); err != nil {
		return fmt.Errorf("serve internal listener: %w", err)
	}
	return nil
}

// Shutdown stops accepting, waits for requests to be answered, and stops the
// poller. Streams are the tree's to end, before this.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopOnce.Do(func() { close(s.stop) })
	s.end()
	<-s.beatDone
	failed := make(chan error, 1)
	go func() { failed <- s.publicHTTP.ShutdownWithContext(ctx) }()
	err := errors.Join(s.internalHTTP.ShutdownWithContext(ctx), <-failed, s.streams.close())
	if err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// isInternal reports whether the call came in by the internal listener.
func (s *Server) isInternal(c *call) bool {
	_, ok := c.rc.Conn().(*lingerConn)
	return ok
}

// fasthttpLog keeps what fasthttp would print at Debug, and without its
// arguments: they may quote headers, and headers hold tokens.
type fasthttpLog struct{ log *slog.Logger }

// Printf implements fasthttp.Logger.
func (l fasthttpLog) Printf(format string, _ ...any) {
	l.log.Debug("http connection failed", "event", format)
}
