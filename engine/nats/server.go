package nats

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"example.org/hub/engine"
)

const (
	startTimeout = 10 * time.Second
	tlsTimeout   = 5 * time.Second

	// maxPayload is the largest record in its encoded form. Bodies are limited
	// further by who accepts them.
	maxPayload = 4 << 20

	// memorySlack and storeSlack are what the server may use beyond the log: for
	// leases, keys and, on disk, blocks that are not compacted yet.
	memorySlack = 64 << 20
	storeSlack  = 256 << 20
)

// embedded is a server inside this process.
type embedded struct {
	*server.Server
	token   string // what clients show, "" if none can connect
	cluster bool
	scratch string // a directory that is of no use once the server runs
	unlock  func()
	mark    cleanMark
	leaving chan struct{} // closed when abdicate's order is carried out; nil before it
}

// startServer starts a server that nothing outside the process can reach, unless
// the Config says where it listens.
func startServer(cfg *Config, log *slog.Logger) (*embedded, error) {
	e := &embedded{cluster: cfg.clustered(), mark: cleanMark{dir: cfg.DataDir}}
	if err := e.prepare(cfg); err != nil {
		return nil, errors.Join(err, e.tidy())
	}
	out := &serverLog{log: log}
	e.SetLogger(out, false, false)
	e.Start()
	if !e.ReadyForConnections(startTimeout) || !e.JetStreamEnabled() {
		return nil, errors.Join(errors.New("nats server does not start"), out.fatal(), e.stop(nil))
	}
	if err := e.dropScratch(); err != nil {
		return nil, errors.Join(err, e.stop(nil))
	}
	return e, nil
}

// prepare makes the data directory this process's own, and the server.
func (e *embedded) prepare(cfg *Config) error {
	opts, err := e.options(cfg)
	if err != nil {
		return err
	}
	if cfg.DataDir != "" {
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return fmt.Errorf("make data directory: %w", err)
		}
		if e.unlock, err = lockDir(cfg.DataDir); err != nil {
			return err
		}
	}
	if e.Server, err = server.NewServer(opts); err != nil {
		return fmt.Errorf("make nats server: %w", err)
	}
	return e.mark.take()
}

func (e *embedded) options(cfg *Config) (*server.Options, error) {
	opts := &server.Options{
		ServerName:             cfg.ServerName,
		DontListen:             true,
		NoSigs:                 true,
		NoSublistCache:         true,
		MaxPayload:             maxPayload,
		JetStream:              true,
		DisableJetStreamBanner: true,
		JetStreamMaxMemory:     memorySlack,
		JetStreamMaxStore:      cfg.MaxBytes + cfg.MaxBytes/4 + storeSlack,
		SyncAlways:             cfg.SyncAlways,
		StoreDir:               filepath.Join(cfg.DataDir, "nats"),
		LameDuckDuration:       2 * time.Second,
		LameDuckGracePeriod:    time.Second,
	}
	if cfg.DataDir == "" {
		// Without a directory of its own a server makes one that others use too.
		dir, err := os.MkdirTemp("", "hub-nats-")
		if err != nil {
			return nil, fmt.Errorf("make nats directory: %w", err)
		}
		e.scratch, opts.StoreDir = dir, dir
		opts.JetStreamMaxMemory += cfg.MaxBytes
		opts.JetStreamMaxStore = 1
	}
	return opts, e.listen(cfg, opts)
}

// stop ends the server and waits. With the newest position the store counts as
// closed and whole.
func (e *embedded) stop(last *engine.Position) error {
	e.Shutdown()
	e.WaitForShutdown()
	if e.leaving != nil {
		<-e.leaving
	}
	if last != nil {
		return errors.Join(e.mark.put(*last), e.tidy())
	}
	return e.tidy()
}

// tidy leaves no directory behind that is of no use, and none locked.
func (e *embedded) tidy() error {
	if e.unlock != nil {
		e.unlock()
	}
	return e.dropScratch()
}

// dropScratch removes the directory of a server that stores nothing but wants one
// to start. Done at once, a process that is killed leaves none behind.
func (e *embedded) dropScratch() error {
	if e.scratch == "" {
		return nil
	}
	if err := os.RemoveAll(e.scratch); err != nil {
		return fmt.Errorf("remove nats directory: %w", err)
	}
	return nil
}
