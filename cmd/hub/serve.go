package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

type serveCmd struct{ settings }

var errShutdownTimeout = errors.New("shutdown took longer than --shutdown-timeout")

// Run runs a hub until a signal to stop, the end of the program's context, or a
// listener that fails.
func (c *serveCmd) Run(p *program) error {
	c.applyDev(p.sources)
	var dev *devKeys
	if c.Dev {
		var err error
		if dev, err = c.useDevKeys(); err != nil {
			return err
		}
	}
	if err := c.check(); err != nil {
		return configError{err}
	}
	log, err := newLogger(p.stderr, c.LogLevel, c.LogFormat)
	if err != nil {
		return configError{err}
	}
	if c.Instance == "" {
		c.Instance = instanceName()
	}
	log.Logger = log.With("instance", c.Instance)
	streams := claimResources(&c.settings, p.sources.origin("gc-percent"), log.Logger)

	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)

	orders := make(chan os.Signal, 2)
	signal.Notify(orders, orderSignals...)
	defer signal.Stop(orders)

	n, err := c.start(p.ctx, signals, streams, log)
	if err != nil {
		return err
	}
	n.reread = p.readSettings
	if n.read, err = p.readSettings(); err != nil { // nothing but the file can have changed since
		n.log.Warn("settings changed while the hub started", "err", err)
		n.read = &reading{}
	}
	n.manager = newNotifier(os.Getenv)
	n.manager.tell(notifyReady)
	watched, unwatch := context.WithCancel(context.WithoutCancel(p.ctx))
	var watching sync.WaitGroup
	watching.Go(func() { n.manager.live(watched, n.actors.Ping) })
	defer watching.Wait()
	defer unwatch()
	log.Info("ready", "version", readBuild().Version, "engine", redact(c.Engine))
	if dev != nil {
		dev.printCommands(p.stdout, n)
	}
	return n.runUntil(p.ctx, signals, orders)
}

// start starts the hub. A signal ends the wait for an engine that does not answer. A
// hub that has started all the same finds it again, and stops.
func (c *serveCmd) start(ctx context.Context, signals chan os.Signal, streams int, log processLog) (*node, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	started := make(chan struct{})
	var taken os.Signal
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case taken = <-signals:
			cancel(errInterrupted)
		case <-started:
		}
	})
	n, err := start(ctx, &c.settings, streams, log)
	close(started)
	waiting.Wait()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	if taken != nil && err == nil {
		select {
		case signals <- taken:
		default: // more have come since
		}
	}
	return n, err
}

// runUntil obeys orders until there is a reason to stop, and stops. A second
// signal ends it at once, and so does the shutdown's time limit.
func (n *node) runUntil(ctx context.Context, signals, orders <-chan os.Signal) error {
	failure := n.waitForEnd(ctx, signals, orders)
	n.manager.tell(notifyStopping)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), n.times.Load().limit)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- n.stop(limit) }()
	select {
	case err := <-stopped:
		return errors.Join(failure, err)
	case sig := <-signals:
		n.log.Warn("ending at once", "signal", sig.String())
		return errInterrupted
	case <-limit.Done():
	}
	select { // stop gives up by itself; what does not is left behind
	case err := <-stopped:
		return errors.Join(failure, errShutdownTimeout, err)
	case <-time.After(time.Second):
		return errors.Join(failure, errShutdownTimeout)
	}
}

// waitForEnd returns when there is a reason to stop: nil, or what failed.
func (n *node) waitForEnd(ctx context.Context, signals, orders <-chan os.Signal) error {
	for {
		select {
		case sig := <-orders:
			n.obey(sig)
		case sig := <-signals:
			n.log.Info("stopping", "signal", sig.String())
			return nil
		case <-ctx.Done():
			n.log.Info("stopping", "cause", context.Cause(ctx).Error())
			return nil
		case failure := <-n.failed:
			n.log.Error("stopping", "err", failure)
			return failure
		}
	}
}

// instanceName returns a name that tells this hub from others and from its own
// earlier lives: the host's and a random suffix.
func instanceName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "hub"
	}
	host, _, _ = strings.Cut(host, ".")
	return fmt.Sprintf("%s-%s", host, strings.ToLower(rand.Text()[:6]))
}
