package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/cluster"
	"example.org/hub/history"
	"example.org/hub/transport"
	"example.org/hub/webhook"
)

// node is one hub: its parts in the order in which they are started, which is
// the order of the data path. They are stopped the other way round.
type node struct {
	cfg *settings
	log *slog.Logger

	identity *identity
	tickets  *auth.SharedTickets
	engine   sharedLog
	delivery *delivery
	events   *history.Log
	actors   *actors.Hub
	member   *cluster.Member
	server   *transport.Server
	internal net.Listener
	public   net.Listener
	health   *transport.Health // nil without a listener of its own
	keeper   *keeper
	journal  *webhook.Journal // nil without webhooks
	webhook  *webhook.Watcher
	metrics  *metrics.Set
	joined   bool

	healthListener net.Listener

	tls       []*serverTLS // of the listeners that have it
	unwatch   func()       // nil if no file is watched
	reloading sync.Mutex   // held from the reading of files until what they say counts

	drainer *drainer
	times   atomic.Pointer[stopTimes]

	streams  int            // that the descriptors allow
	logLevel *slog.LevelVar // nil if it is not to be changed
	manager  *notifier
	reread   func() (*reading, error)
	read     *reading // what counts now

	oldSettings, oldCertificates atomic.Bool // the last reload of them failed

	proxyRefusals *metrics.Counter
	stopping      atomic.Bool
	failed        chan error // from a listener that ended by itself
}

// start builds a hub and begins to serve. After an error nothing is left.
func start(ctx context.Context, cfg *settings, streams int, log processLog) (*node, error) {
	return startOn(ctx, cfg, streams, log, cfg.openEngine)
}

// opener opens the log that a hub is to use and closes in the end.
type opener func(context.Context, *slog.Logger) (sharedLog, error)

func startOn(ctx context.Context, cfg *settings, streams int, log processLog, open opener) (*node, error) {
	n := &node{cfg: cfg, log: log.Logger, logLevel: log.level, streams: streams, failed: make(chan error, 3)}
	n.times.Store(&stopTimes{delay: cfg.DrainDelay, window: cfg.DrainWindow, limit: cfg.ShutdownTimeout})
	if err := n.assemble(ctx, open); err != nil {
		n.stopping.Store(true)
		return nil, errors.Join(err, n.release(ctx))
	}
	n.log.Info("listening", "listener", "internal", "addr", listenerText(n.internal.Addr()))
	n.log.Info("listening", "listener", "public", "addr", listenerText(n.public.Addr()))
	if n.health != nil {
		n.health.Use(n.server)
	}
	n.watchTLS()
	go n.serve("internal", n.server.ServeInternal, n.internal)
	go n.serve("public", n.server.ServePublic, n.public)
	return n, nil
}

func (n *node) assemble(ctx context.Context, open opener) (err error) {
	set := newMetrics()
	n.metrics = set
	n.proxyRefusals = set.NewCounter("hub_proxy_header_refused_total")
	if err := checkInherited(); err != nil {
		return err
	}
	if err := n.openHealth(); err != nil {
		return err
	}
	if n.identity, err = openIdentity(ctx, n.cfg, n.log); err != nil {
		return err
	}
	if n.engine, err = open(ctx, n.log); err != nil {
		return err
	}
	n.tickets = auth.NewSharedTickets(n.identity.tickets, n.engine)
	n.delivery = newDelivery(n.identity.revocations, n.tickets, n.log)
	window := n.cfg.historyConfig()
	window.OnReset, window.OnControl = n.delivery.reset, n.delivery.control
	release := context.AfterFunc(ctx, func() { n.delivery.connect(nil) }) // a start that is broken off waits for the tail
	defer release()
	n.events, err = history.Open(ctx, n.engine, window, rand.Uint64(), n.log, n.delivery.deliver)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	tree := n.cfg.actorsConfig(n.events.Window(), set, n.log)
	if n.cfg.WebhookURL != "" {
		n.journal = webhook.NewJournal()
		tree.OnPresence = n.journal.Note
	}
	n.actors, err = actors.New(tree)
	if err != nil {
		return fmt.Errorf("start actors: %w", err)
	}
	n.delivery.connect(n.actors)
	countLog(set, n.cfg.engineKind(), n.engine, n.events)
	set.NewGauge("hub_config_last_reload_successful", func() float64 { return truth(!n.oldSettings.Load() && !n.oldCertificates.Load()) })
	n.member = n.newMember()
	n.countCluster(set)
	n.drainer = newDrainer(n)
	n.server, err = transport.New(n.cfg.transportConfig(n.streams), n.transportDeps(set))
	if err != nil {
		return fmt.Errorf("set up HTTP: %w", err)
	}
	if err := n.openTLS(set); err != nil {
		return err
	}
	if err := n.listen(); err != nil {
		return err
	}
	return n.join(ctx)
}

// listen opens both addresses, so that a hub that cannot have one of them does
// not answer on the other.
func (n *node) listen() (err error) {
	if n.internal, err = n.open("internal", n.cfg.InternalListen, transport.ListenConfig{}); err != nil {
		return err
	}
	if n.public, err = n.open("public", n.cfg.Listen, n.cfg.streamSockets()); err != nil {
		return err
	}
	if len(n.cfg.ProxyProtocol) > 0 {
		n.public = transport.ProxyProtocol(n.public, n.cfg.ProxyProtocol, n.proxyRefused)
	}
	if t := n.tlsOf("public"); t != nil {
		n.public = tls.NewListener(n.public, t.config())
	}
	if t := n.tlsOf("internal"); t != nil {
		n.internal = tls.NewListener(n.internal, t.config())
	}
	return nil
}

// proxyRefused counts a connection of a proxy without a proper header.
func (n *node) proxyRefused(proxy net.Addr, err error) {
	n.proxyRefusals.Inc()
	n.log.Debug("connection of a proxy refused", "proxy", proxy.String(), "err", err)
}

// serve runs one listener until it is shut down.
func (n *node) serve(name string, serve func(net.Listener) error, ln net.Listener) {
	if err := serve(ln); !n.stopping.Load() {
		n.failed <- fmt.Errorf("%s listener ended: %w", name, err)
	}
}

// transportDeps names the parts that HTTP works with.
func (n *node) transportDeps(set *metrics.Set) transport.Deps {
	deps := transport.Deps{
		Hub:         n.actors,
		Log:         n.events,
		Verifier:    n.identity.verifier,
		APIKeys:     n.identity.apiKeys,
		Mercure:     n.identity.verifier,
		Tickets:     n.tickets,
		Revocations: n.identity.revocations,
		Cluster:     n.member,
		Counts:      n.events,
		Past:        n.events,
		Drain:       n.drainer,
		Checks:      n.readiness(),
		Startup:     n.startup(),
		Metrics:     set,
		Logger:      n.log,
		LogLevel:    n.logLevel,
	}
	if n.identity.publishers != nil {
		deps.Publishers = n.identity.publishers
	}
	return deps
}
