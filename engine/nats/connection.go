package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// The bounds of the random pause before a lost link is tried again.
const (
	minRetry = 100 * time.Millisecond
	maxRetry = 5 * time.Second
)

// retryPause returns a random pause whose upper bound doubles with the attempts,
// so that the hubs of a cluster do not return to a server together.
func retryPause(attempt int) time.Duration {
	return rand.N(min(maxRetry, minRetry<<min(attempt, 10))) + time.Millisecond
}

// connect opens the connection and tries again until ctx ends.
func (e *Engine) connect(ctx context.Context) error {
	opts, err := e.connectOptions()
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		e.nc, err = natsgo.Connect(strings.Join(e.cfg.URLs, ","), opts...)
		if err == nil {
			return nil
		}
		e.log.Warn("nats connection failed", "err", err)
		if !sleep(ctx, retryPause(attempt)) {
			return fmt.Errorf("connect to nats: %w", errors.Join(err, ctx.Err()))
		}
	}
}

func (e *Engine) connectOptions() ([]natsgo.Option, error) {
	opts := []natsgo.Option{
		natsgo.Name("hub " + e.cfg.ServerName),
		natsgo.MaxReconnects(-1),
		natsgo.IgnoreAuthErrorAbort(),
		natsgo.CustomReconnectDelay(retryPause),
		natsgo.ReconnectBufSize(-1), // what cannot be sent now fails now
		natsgo.PingInterval(5 * time.Second),
		natsgo.MaxPingsOutstanding(2),
		natsgo.Timeout(2 * time.Second),
		natsgo.FlusherTimeout(2 * time.Second),
		natsgo.DisconnectErrHandler(func(_ *natsgo.Conn, err error) {
			e.log.Warn("nats connection lost", "err", err)
			e.lost.fire()
		}),
		natsgo.ReconnectHandler(func(*natsgo.Conn) {
			e.reconnects.Add(1)
			e.log.Info("nats connection restored")
			e.found.fire()
		}),
		natsgo.ErrorHandler(func(_ *natsgo.Conn, _ *natsgo.Subscription, err error) { e.asyncError(err) }),
	}
	if e.server != nil {
		opts = append(opts, natsgo.InProcessServer(e.server))
		if e.server.token != "" {
			opts = append(opts, natsgo.Token(e.server.token))
		}
		return opts, nil
	}
	return e.cfg.login(opts, e.log)
}

// asyncError is told what happens beside every call.
func (e *Engine) asyncError(err error) {
	if errors.Is(err, natsgo.ErrSlowConsumer) {
		e.slow.Add(1) // transient records that a tail had no room for
		return
	}
	e.log.Warn("nats error", "err", err)
}

// login adds how to authenticate and encrypt. Secrets are read at each connect,
// so that they can change while the hub runs.
func (c *Config) login(opts []natsgo.Option, log *slog.Logger) ([]natsgo.Option, error) {
	if c.TLS.CAFile != "" {
		opts = append(opts, natsgo.RootCAs(c.TLS.CAFile))
	}
	if c.TLS.CertFile != "" {
		opts = append(opts, natsgo.ClientCert(c.TLS.CertFile, c.TLS.KeyFile))
	}
	secret := func(path string) string {
		s, err := readSecret(path)
		if err != nil {
			log.Error("nats secret unreadable", "err", err)
		}
		return s
	}
	switch {
	case c.CredentialsFile != "":
		opts = append(opts, natsgo.UserCredentials(c.CredentialsFile))
	case c.TokenFile != "":
		if _, err := readSecret(c.TokenFile); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		opts = append(opts, natsgo.TokenHandler(func() string { return secret(c.TokenFile) }))
	case c.PasswordFile != "":
		if _, err := readSecret(c.PasswordFile); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		opts = append(opts, natsgo.UserInfoHandler(func() (string, string) { return c.User, secret(c.PasswordFile) }))
	}
	return opts, nil
}

// sleep reports whether the pause passed before ctx ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
