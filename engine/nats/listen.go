package nats

import (
	"crypto/rand"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// listen opens the server to other hubs as far as the Config asks for it.
func (e *embedded) listen(cfg *Config, opts *server.Options) error {
	if !cfg.clustered() && cfg.ClientListen == "" {
		return nil
	}
	secret, err := readSecret(cfg.ClusterSecretFile)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if len(secret) < minSecret {
		return fmt.Errorf("%w: the cluster secret is shorter than %d bytes", ErrConfig, minSecret)
	}
	// A clustered server only opens its routes together with a listener for
	// clients. One that nobody knows the token of does no harm.
	opts.DontListen, opts.Host, opts.Port = false, "127.0.0.1", server.RANDOM_PORT
	e.token = rand.Text()
	if cfg.ClientListen != "" {
		e.token = secret
		if opts.Host, opts.Port, err = hostPort(cfg.ClientListen); err != nil {
			return fmt.Errorf("%w: client address: %w", ErrConfig, err)
		}
		if cfg.TLS.CertFile != "" {
			if opts.TLSConfig, err = cfg.TLS.serverConfig(); err != nil {
				return err
			}
			opts.TLS, opts.TLSVerify, opts.TLSTimeout = true, true, tlsTimeout.Seconds()
		}
	}
	opts.Authorization = e.token
	if cfg.clustered() {
		return cfg.join(opts, secret)
	}
	return nil
}
