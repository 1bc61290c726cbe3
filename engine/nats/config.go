package nats

import (
	"time"

	"example.org/hub/engine"
)

// Config says where the log is kept and how much of it. A zero field takes its
// value from DefaultConfig.
//
// With URLs the log is in servers that run elsewhere. With ClusterPeers this
// process is one of the servers of a cluster. With neither it holds the log alone.
type Config struct {
	// Namespace keeps hubs apart that share servers: 1 to 32 characters of
	// [A-Za-z0-9_-].
	Namespace string

	// URLs are the servers, "nats://host:port" or "tls://host:port".
	URLs []string

	// CredentialsFile holds a user's JWT and seed; TokenFile a token;
	// PasswordFile the password of User. They are read at each connect.
	CredentialsFile, TokenFile, User, PasswordFile string

	// TLS is for the connection to URLs, or for what an embedded server listens on.
	TLS TLS

	// Replicas is how many servers hold each record: 1, 3 or 5. 0 leaves an
	// existing log as it is and otherwise means 1, or 3 in a cluster.
	Replicas int

	// InMemory keeps the log of URLs in the memory of those servers.
	InMemory bool

	// DataDir is where an embedded server keeps the log. Without it the log is
	// lost with the process. A member of a cluster needs it.
	DataDir string

	// SyncAlways has every record on the disk before it is acknowledged. It
	// costs most of the throughput; see docs/guarantees.md.
	SyncAlways bool

	// ClientListen is where an embedded server takes connections of further
	// hubs, which authenticate with the content of ClusterSecretFile as token.
	ClientListen string

	// ServerName is this server's name, unique in the cluster and the same at
	// each start.
	ServerName string

	// ClusterName is the same for all members.
	ClusterName string

	// ClusterListen is where this member listens for the others, and
	// ClusterPeers are the addresses of all 3 or 5, this one included.
	ClusterListen string
	ClusterPeers  []string

	// ClusterSecretFile holds what members show each other, at least 16 bytes.
	ClusterSecretFile string

	// PlainCluster allows ClusterListen or ClientListen beyond the loopback
	// interface without TLS: on a network that is encrypted by other means.
	PlainCluster bool

	// MaxAge, MaxRecords and MaxBytes are how much of the log is retained.
	// Records younger than engine.IdempotencyTTL are never too old.
	MaxAge     time.Duration
	MaxRecords int64
	MaxBytes   int64

	leaseTTL                   time.Duration // engine.LeaseTTL, but for tests
	holdLimit                  time.Duration // 1 s, but for tests
	ackTimeout, requestTimeout time.Duration // 2 s, but for tests
}

// TLS names files in PEM form. For a server all three are needed, and whoever
// connects has to show a certificate of the same CA.
type TLS struct {
	CAFile, CertFile, KeyFile string
}

// DefaultConfig returns the namespace and cluster name "hub", 10 minutes,
// 1,000,000 records and 1 GiB.
func DefaultConfig() Config {
	return Config{
		Namespace:      "hub",
		ClusterName:    "hub",
		MaxAge:         10 * time.Minute,
		MaxRecords:     1_000_000,
		MaxBytes:       1 << 30,
		leaseTTL:       engine.LeaseTTL,
		holdLimit:      holdLimit,
		ackTimeout:     ackTimeout,
		requestTimeout: requestTimeout,
	}
}

func (c Config) orDefault() Config {
	def := DefaultConfig()
	orString(&c.Namespace, def.Namespace)
	orString(&c.ClusterName, def.ClusterName)
	if c.MaxAge <= 0 {
		c.MaxAge = def.MaxAge
	}
	if c.MaxRecords <= 0 {
		c.MaxRecords = def.MaxRecords
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = def.MaxBytes
	}
	if c.leaseTTL <= 0 {
		c.leaseTTL = def.leaseTTL
	}
	if c.holdLimit <= 0 {
		c.holdLimit = def.holdLimit
	}
	if c.ackTimeout <= 0 {
		c.ackTimeout = def.ackTimeout
	}
	if c.requestTimeout <= 0 {
		c.requestTimeout = def.requestTimeout
	}
	c.MaxAge = max(c.MaxAge, engine.IdempotencyTTL)
	return c
}

func orString(s *string, def string) {
	if *s == "" {
		*s = def
	}
}
