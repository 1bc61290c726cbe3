package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// serverTLS is the TLS of one listener. Its files may be exchanged while the hub
// runs: connections that are open stay, new ones get the new certificate.
type serverTLS struct {
	listener string // public or internal
	flag     string // of the certificate
	certFile string
	keyFile  string
	caFile   string // of those that sign clients' certificates, "" to ask for none

	current atomic.Pointer[loadedTLS]
}

// loadedTLS is what the files of a serverTLS held.
type loadedTLS struct {
	config *tls.Config
	pair   tls.Certificate
	ca     []byte
}

func (s *settings) publicTLS() *serverTLS {
	return newServerTLS("public", "tls-cert", s.TLSCert, s.TLSKey, "")
}

func (s *settings) internalTLS() *serverTLS {
	return newServerTLS("internal", "internal-tls-cert", s.InternalTLSCert, s.InternalTLSKey, s.InternalClientCA)
}

// newServerTLS returns nil for a listener without TLS.
func newServerTLS(listener, flag, certFile, keyFile, caFile string) *serverTLS {
	if certFile == "" || keyFile == "" {
		return nil
	}
	return &serverTLS{listener: listener, flag: flag, certFile: certFile, keyFile: keyFile, caFile: caFile}
}

// load reads the files, and refuses a key that is not the certificate's.
func (t *serverTLS) load() (*loadedTLS, error) {
	pair, err := tls.LoadX509KeyPair(t.certFile, t.keyFile)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", t.flag, err)
	}
	l := &loadedTLS{pair: pair, config: &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}}
	if t.caFile == "" {
		return l, nil
	}
	if l.ca, err = os.ReadFile(t.caFile); err != nil {
		return nil, fmt.Errorf("--internal-client-ca: %w", err)
	}
	l.config.ClientCAs = x509.NewCertPool()
	if !l.config.ClientCAs.AppendCertsFromPEM(l.ca) {
		return nil, fmt.Errorf("--internal-client-ca: %s: no certificate in it", t.caFile)
	}
	l.config.ClientAuth = tls.RequireAndVerifyClientCert
	l.config.SessionTicketsDisabled = true // a client that is not trusted any more shall not resume
	return l, nil
}

// config returns a configuration that is always what was loaded last.
func (t *serverTLS) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return t.current.Load().config, nil
		},
	}
}

// use makes l what new connections get, and reports whether that is a change.
func (t *serverTLS) use(l *loadedTLS) bool {
	old := t.current.Load()
	if old != nil && bytes.Equal(old.ca, l.ca) && sameChain(old.pair, l.pair) {
		return false
	}
	t.current.Store(l)
	return true
}

func sameChain(a, b tls.Certificate) bool {
	if len(a.Certificate) != len(b.Certificate) {
		return false
	}
	for i := range a.Certificate {
		if !bytes.Equal(a.Certificate[i], b.Certificate[i]) {
			return false
		}
	}
	return true
}

// notAfter is when the certificate ends.
func (l *loadedTLS) notAfter() time.Time { return l.pair.Leaf.NotAfter }

// files are what it reads.
func (t *serverTLS) files() []string {
	files := []string{t.certFile, t.keyFile}
	if t.caFile != "" {
		files = append(files, t.caFile)
	}
	return files
}

// openTLS loads the certificates of both listeners.
func (n *node) openTLS(set *metrics.Set) error {
	for _, t := range []*serverTLS{n.cfg.publicTLS(), n.cfg.internalTLS()} {
		if t == nil {
			continue
		}
		loaded, err := t.load()
		if err != nil {
			return configError{err}
		}
		t.use(loaded)
		n.tls = append(n.tls, t)
		name := fmt.Sprintf("hub_tls_cert_not_after_timestamp_seconds{listener=%q}", t.listener)
		set.RegisterMetricsWriter(func(w io.Writer) {
			metrics.WriteGaugeUint64(w, name, uint64(max(0, t.current.Load().notAfter().Unix())))
		})
	}
	return nil
}

// tlsOf returns the TLS of a listener, nil for none.
func (n *node) tlsOf(listener string) *serverTLS {
	for _, t := range n.tls {
		if t.listener == listener {
			return t
		}
	}
	return nil
}

// loadTLS reads the files of both listeners.
func (n *node) loadTLS() ([]*loadedTLS, error) {
	loaded := make([]*loadedTLS, len(n.tls))
	var errs []error
	for i, t := range n.tls {
		var err error
		loaded[i], err = t.load()
		errs = append(errs, err)
	}
	return loaded, errors.Join(errs...)
}

// useTLS gives new connections what loadTLS has read.
func (n *node) useTLS(loaded []*loadedTLS) {
	for i, t := range n.tls {
		if t.use(loaded[i]) {
			n.log.Info("certificate reloaded", "listener", t.listener, "not_after", loaded[i].notAfter())
		}
	}
}
