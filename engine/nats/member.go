package nats

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// minSecret is the shortest secret that members may share, in bytes.
const minSecret = 16

// clusterUser is the name that members give each other beside the secret.
const clusterUser = "hub"

// checkMember reports what keeps a server from being a member of a cluster.
func (c *Config) checkMember() error {
	switch n := len(c.ClusterPeers); {
	case n != 3 && n != 5:
		return fmt.Errorf("%w: %d cluster peers: want all 3 or 5, this one included", ErrConfig, n)
	case c.Replicas > n:
		return fmt.Errorf("%w: %d servers cannot hold %d replicas", ErrConfig, n, c.Replicas)
	case c.ServerName == "" || c.ClusterListen == "":
		return fmt.Errorf("%w: a cluster member needs a server name and a cluster address", ErrConfig)
	case c.DataDir == "":
		return fmt.Errorf("%w: a cluster member needs a data directory: it must not forget its votes", ErrConfig)
	}
	if err := c.checkListener("cluster", c.ClusterListen); err != nil {
		return err
	}
	return c.checkListener("client", c.ClientListen)
}

// checkListener reports an address that would be open to others: all of them need
// the secret, and encryption if they are not on the loopback interface.
func (c *Config) checkListener(what, addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := hostPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %s address: %w", ErrConfig, what, err)
	}
	if c.ClusterSecretFile == "" {
		return fmt.Errorf("%w: the %s address needs a cluster secret", ErrConfig, what)
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || (ip != nil && ip.IsLoopback())
	if !loopback && c.TLS.CertFile == "" && !c.PlainCluster {
		return fmt.Errorf("%w: the %s address %s is not on the loopback interface and needs TLS", ErrConfig, what, addr)
	}
	return nil
}

func hostPort(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("port %q is no number from 1 to 65535", text)
	}
	return host, port, nil
}

// join makes the options those of a cluster member.
func (c *Config) join(opts *server.Options, secret string) error {
	host, port, err := hostPort(c.ClusterListen)
	if err != nil {
		return fmt.Errorf("%w: cluster address: %w", ErrConfig, err)
	}
	opts.Cluster = server.ClusterOpts{
		Name: c.ClusterName, Host: host, Port: port, Username: clusterUser, Password: secret,
		PoolSize: 1, // there is one account, and fewer routes are faster made when all members start at once
	}
	if c.TLS.CertFile != "" {
		if opts.Cluster.TLSConfig, err = c.TLS.serverConfig(); err != nil {
			return err
		}
		opts.Cluster.TLSTimeout = tlsTimeout.Seconds()
	}
	// The number of routes is how many members the first election waits for.
	for _, peer := range c.ClusterPeers {
		if _, _, err := hostPort(peer); err != nil {
			return fmt.Errorf("%w: cluster peer: %w", ErrConfig, err)
		}
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: peer, User: url.UserPassword(clusterUser, secret)})
	}
	return nil
}

// serverConfig returns mutual TLS: both ends show a certificate of the CA.
func (t TLS) serverConfig() (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("%w: load certificate: %w", ErrConfig, err)
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("%w: read CA: %w", ErrConfig, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: no certificate in the CA file", ErrConfig)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{cert},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}, nil
}

// readSecret returns a file's content less one trailing newline.
func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	return string(bytes.TrimSuffix(b, []byte("\r"))), nil
}
