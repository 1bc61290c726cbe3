package redis

import (
	"errors"
	"fmt"
	"time"
)

// Config says where the server is and how much of the log it retains. Only URL
// has no default.
type Config struct {
	// URL is redis://[user@]host[:port][,host:port..][/db][?master=name], or
	// rediss:// for TLS. Several hosts are nodes of a Cluster or, with a master,
	// Sentinels. A password in it is refused: URLs end up in process lists.
	URL string

	// Username is the ACL user; it takes precedence over the URL's.
	Username string

	// PasswordFile holds the password, less one newline at its end. It is read
	// again for every connection, so that a password can be changed.
	PasswordFile string

	// SentinelMaster is the name that the Sentinels know the server by.
	SentinelMaster string

	// SentinelUsername and SentinelPasswordFile are for the Sentinels themselves.
	SentinelUsername     string
	SentinelPasswordFile string

	// CAFile holds the certificates that servers are checked against, in PEM;
	// the system's without it. CertFile and KeyFile are the hub's own.
	CAFile            string
	CertFile, KeyFile string

	// Namespace keeps several clusters of hubs on one server apart: 1 to 64
	// characters of A-Z a-z 0-9 _ and -.
	Namespace string

	// MaxAge is how long a record is retained, to about a second or a thousandth,
	// whichever is longer.
	MaxAge time.Duration

	// MaxRecords is how many are retained, at least; up to a few hundred more are.
	MaxRecords int

	// MaxBytes is how much they may take, by their encoded size, give or take
	// what is appended within a second.
	MaxBytes int64
}

// DefaultConfig returns the namespace "hub", 1 hour, 1,000,000 records and 512 MiB.
func DefaultConfig() Config {
	return Config{
		Namespace:  "hub",
		MaxAge:     time.Hour,
		MaxRecords: 1_000_000,
		MaxBytes:   512 << 20,
	}
}

// orDefault returns c with its zero fields filled in.
func (c Config) orDefault() Config {
	def := DefaultConfig()
	if c.Namespace == "" {
		c.Namespace = def.Namespace
	}
	if c.MaxAge <= 0 {
		c.MaxAge = def.MaxAge
	}
	if c.MaxRecords <= 0 {
		c.MaxRecords = def.MaxRecords
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = def.MaxBytes
	}
	return c
}

func (c Config) validate() error {
	if len(c.Namespace) > 64 {
		return errors.New("namespace is longer than 64 characters")
	}
	for _, r := range c.Namespace {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return fmt.Errorf("namespace %q: want only A-Z a-z 0-9 _ and -", c.Namespace)
		}
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("a certificate file needs a key file, and the other way round")
	}
	return nil
}
