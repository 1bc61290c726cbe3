package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"
)

// ErrConfig is wrapped by the errors of New about its Config.
var ErrConfig = errors.New("transport configuration")

// Config holds what an operator may change. Sizes are in bytes. Start from
// DefaultConfig: the zero value of a size or a timeout is refused by New,
// whereas the zero value of a connection limit means no limit.
type Config struct {
	Instance string // the name of this hub in answers

	// HTTP, both listeners.
	MaxHeader     int           // request line and headers together; more is 431
	HeaderTimeout time.Duration // from the first byte to the end of the headers
	BodyTimeout   time.Duration // from the headers to the end of the body
	IdleTimeout   time.Duration // between two requests on one connection
	MaxPending    int           // connections that are not streams (yet), per listener

	// Messages.
	MaxBody       int           // body of POST /api/messages; more is 413
	MaxData       int           // the data of one message, without white space; more is 413
	MaxBatch      int           // lines of an NDJSON body; more is 413
	AppendTimeout time.Duration // for the engine to store a message, then 503
	TraceEvents   bool          // events carry the traceparent of their POST as a comment
	PublishRate   float64       // messages a second of one caller, 0 for no limit; more is 429
	PublishBurst  int           // how many of them may come at once; 0 for one second's worth
	PublishBytes  float64       // bodies' bytes a second of one caller, 0 for no limit; more is 429

	// Streams.
	MaxConnections int           // open streams of this hub
	MaxPerAddress  int           // open streams of one IPv4 address or IPv6 /64
	ConnectRate    float64       // streams and tickets asked for per second
	ConnectBurst   int           // how many of them may come at once; 0 for one second's worth
	Compress       bool          // streams of clients that accept it are in gzip
	RetryMin       time.Duration // refused clients are told to return after
	RetryMax       time.Duration // a random time between these two
	SendBuffer     int           // what a stream over TLS may hold back itself; see ListenConfig for the socket's
	MaxClientBytes int           // what a client may send after its request before it is closed

	// Browsers and proxies.
	AllowedOrigins        []string       // exact origins, "https://app.example.com"
	AllowLocalhostOrigins bool           // also any port of localhost, for development
	TrustedProxies        []netip.Prefix // whose X-Forwarded-For is believed
	TrustUnixPeers        bool           // so is that of peers on Unix sockets
	InternalHosts         []string       // Host names of the internal listener besides loopback's

	Mercure          bool // serve the Mercure protocol on /.well-known/mercure
	MercureAnonymous bool // to subscribers without a token too, who get public updates

	Pprof bool // serve /debug/pprof/ on the internal listener
}

// DefaultConfig returns what `hub serve` uses unless told otherwise.
func DefaultConfig() Config {
	return Config{
		Instance:       "hub",
		MaxHeader:      8 << 10,
		HeaderTimeout:  10 * time.Second,
		BodyTimeout:    30 * time.Second,
		IdleTimeout:    60 * time.Second,
		MaxPending:     64 << 10,
		MaxBody:        1 << 20,
		MaxData:        64 << 10,
		MaxBatch:       1000,
		AppendTimeout:  5 * time.Second,
		RetryMin:       2 * time.Second,
		RetryMax:       10 * time.Second,
		SendBuffer:     16 << 10,
		MaxClientBytes: 4 << 10,
		Pprof:          true,
	}
}

// Validate reports the first setting that cannot work.
func (c *Config) Validate() error {
	for _, size := range []struct {
		name  string
		value int64
		min   int64
	}{
		{"max header", int64(c.MaxHeader), 1 << 10},
		{"header timeout", int64(c.HeaderTimeout), int64(time.Millisecond)},
		{"body timeout", int64(c.BodyTimeout), int64(time.Millisecond)},
		{"idle timeout", int64(c.IdleTimeout), int64(time.Millisecond)},
		{"max pending", int64(c.MaxPending), 1},
		{"max body", int64(c.MaxBody), 1},
		{"max data", int64(c.MaxData), 1},
		{"max batch", int64(c.MaxBatch), 1},
		{"append timeout", int64(c.AppendTimeout), int64(time.Millisecond)},
		{"max connections", int64(c.MaxConnections), 0},
		{"max per address", int64(c.MaxPerAddress), 0},
		{"send buffer", int64(c.SendBuffer), 1},
		{"max client bytes", int64(c.MaxClientBytes), 1},
		{"connect burst", int64(c.ConnectBurst), 0},
		{"publish burst", int64(c.PublishBurst), 0},
		{"retry min", int64(c.RetryMin), int64(time.Millisecond)},
		{"retry max", int64(c.RetryMax), int64(c.RetryMin)},
	} {
		if size.value < size.min {
			return fmt.Errorf("%w: %s: %d is less than %d", ErrConfig, size.name, size.value, size.min)
		}
	}
	for name, rate := range map[string]float64{
		"connect rate": c.ConnectRate, "publish rate": c.PublishRate, "publish bytes": c.PublishBytes,
	} {
		if !(rate >= 0) {
			return fmt.Errorf("%w: %s: %v is negative", ErrConfig, name, rate)
		}
	}
	for _, origin := range c.AllowedOrigins {
		if err := validOrigin(origin); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	return nil
}

// validOrigin accepts only what a browser puts into an Origin header (RFC 6454
// section 6.2), since origins are compared as bytes.
func validOrigin(s string) error {
	if s == "*" || s == "null" {
		return fmt.Errorf("origin %q: streams carry credentials, so origins are listed one by one", s)
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
		s != u.Scheme+"://"+u.Host || !lowerASCII(s) {
		return fmt.Errorf("origin %q: want scheme://host or scheme://host:port, in lower case", s)
	}
	return nil
}

func lowerASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || (c >= 'A' && c <= 'Z') || c == '*' {
			return false
		}
	}
	return true
}
