package redis

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/redis/rueidis"
)

const (
	// patience is how long a command may take. A connection that is silent for
	// this long, after a second in which nothing came, is given up.
	patience = 2 * time.Second

	// refresh is how often the client asks anew who the master is, in case that
	// it missed the news.
	refresh = 5 * time.Second

	bufferSize = 128 << 10
	ringScale  = 11 // 2,048 commands in flight on a connection
)

// clientOption turns a Config into the client's settings.
func clientOption(cfg Config) (rueidis.ClientOption, error) {
	loc, err := parseURL(cfg.URL)
	if err != nil {
		return rueidis.ClientOption{}, err
	}
	opt := rueidis.ClientOption{
		InitAddress:         loc.addresses,
		SelectDB:            loc.db,
		ClientName:          "hub",
		Dialer:              net.Dialer{Timeout: patience, KeepAlive: time.Second},
		ConnWriteTimeout:    patience,
		ReadBufferEachConn:  bufferSize,
		WriteBufferEachConn: bufferSize,
		RingScaleEachConn:   ringScale,
		PipelineMultiplex:   -1, // one connection: what waits together travels together
		DisableCache:        true,
		// A repeated command could go to a server that has lost records, before
		// anybody has looked.
		DisableRetry: true,
	}
	opt.ClusterOption.ShardsRefreshInterval = refresh
	if opt.AuthCredentialsFn, err = credentials(cmp.Or(cfg.Username, loc.username), cfg.PasswordFile); err != nil {
		return rueidis.ClientOption{}, err
	}
	if loc.tls {
		if opt.TLSConfig, err = tlsConfig(cfg); err != nil {
			return rueidis.ClientOption{}, err
		}
	} else if cfg.CAFile != "" || cfg.CertFile != "" {
		return rueidis.ClientOption{}, errors.New("certificates need a rediss:// URL")
	}
	if master := cmp.Or(cfg.SentinelMaster, loc.master); master != "" {
		opt.Sentinel = rueidis.SentinelOption{
			MasterSet:               master,
			Username:                cfg.SentinelUsername,
			Dialer:                  opt.Dialer,
			TLSConfig:               opt.TLSConfig,
			TopologyRefreshInterval: refresh,
		}
		if cfg.SentinelPasswordFile != "" {
			if opt.Sentinel.Password, err = readPassword(cfg.SentinelPasswordFile); err != nil {
				return rueidis.ClientOption{}, err
			}
		}
	}
	return opt, nil
}

// credentials returns what asks for the password at each connection, nil if
// there is none.
func credentials(username, file string) (func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error), error) {
	if file == "" {
		if username != "" {
			return nil, errors.New("a user name needs a password file")
		}
		return nil, nil
	}
	if _, err := readPassword(file); err != nil {
		return nil, err
	}
	return func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
		password, err := readPassword(file)
		return rueidis.AuthCredentials{Username: username, Password: password}, err
	}, nil
}

func readPassword(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(b) == 0 {
		return "", fmt.Errorf("read password: %s is empty", file)
	}
	return string(b), nil
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA certificates: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA certificates: %s holds none", cfg.CAFile)
		}
	}
	if cfg.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf, nil
}
