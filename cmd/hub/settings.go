package main

import (
	"net/netip"
	"time"
)

//go:generate go test -run TableIsOfNow -update .

// settings is everything that can be said about a hub before it starts. The
// tags give each setting its help and default; its flag's name is the key in a
// file and, in capitals behind HUB_, the environment variable. A running hub
// takes over those that are live when it gets SIGHUP.
type settings struct {
	Config string `help:"YAML file with any of these settings." placeholder:"FILE"`
	Dev    bool   `help:"Make own keys, allow localhost origins, stop fast, and print commands to paste."`

	Listen           string         `group:"Listeners:" default:"127.0.0.1:8080" help:"Public address: streams. host:port, or unix:PATH for a Unix socket."`
	InternalListen   string         `group:"Listeners:" default:"127.0.0.1:8081" help:"Internal address: messages, stats, metrics, probes. host:port or unix:PATH."`
	HealthListen     string         `group:"Listeners:" placeholder:"ADDR" help:"Address that serves nothing but the probes, from the begin of the process to its end; none if not given."`
	TLSCert          string         `group:"Listeners:" placeholder:"FILE" help:"PEM certificate chain of the public address."`
	TLSKey           string         `group:"Listeners:" placeholder:"FILE" help:"PEM key of --tls-cert."`
	InternalTLSCert  string         `name:"internal-tls-cert" group:"Listeners:" placeholder:"FILE" help:"PEM certificate chain of the internal address."`
	InternalTLSKey   string         `name:"internal-tls-key" group:"Listeners:" placeholder:"FILE" help:"PEM key of --internal-tls-cert."`
	InternalClientCA string         `name:"internal-client-ca" group:"Listeners:" placeholder:"FILE" help:"PEM certificates that sign those of clients; then the internal address, probes included, wants one of every client."`
	CORSOrigin       []string       `live:"" group:"Listeners:" placeholder:"ORIGIN" help:"Browser origin that may read streams, exactly as browsers send it; repeatable."`
	InternalHost     []string       `group:"Listeners:" placeholder:"NAME" help:"Host header that the internal address answers to besides loopback's; repeatable."`
	TrustedProxy     []trustedProxy `live:"" group:"Listeners:" placeholder:"CIDR" help:"Network whose X-Forwarded-For is believed, or unix for peers on Unix sockets; repeatable."`
	ProxyProtocol    []netip.Prefix `group:"Listeners:" placeholder:"CIDR" help:"Network whose connections to the public address begin with a PROXY protocol header, version 1 or 2; repeatable."`

	JWTSecretFile    []string      `live:"" name:"jwt-secret-file" group:"Identity:" placeholder:"FILE" help:"HS256 secret, at least 32 bytes; repeatable."`
	JWTPublicKeyFile []string      `live:"" name:"jwt-public-key-file" group:"Identity:" placeholder:"FILE" help:"PEM public key for RS256, ES256 or EdDSA; repeatable."`
	JWKSURL          string        `name:"jwks-url" group:"Identity:" placeholder:"URL" help:"Key set that tokens are checked with."`
	JWTIssuer        string        `live:"" name:"jwt-issuer" group:"Identity:" placeholder:"NAME" help:"The iss that tokens must have."`
	JWTAudience      string        `live:"" name:"jwt-audience" group:"Identity:" placeholder:"NAME" help:"An aud that tokens must have."`
	JWTLeeway        time.Duration `live:"" name:"jwt-leeway" group:"Identity:" default:"10s" help:"Allowed difference of clocks, at most 30s."`
	JWTMaxLifetime   time.Duration `name:"jwt-max-lifetime" group:"Identity:" default:"0" help:"Longest time from a token's iat to its exp, after which revocations are forgotten too; 0 for no limit, and they are kept for good."`
	APIKeyFile       string        `live:"" name:"api-key-file" group:"Identity:" placeholder:"FILE" help:"Keys of services, one name:key[:scope,scope] a line."`

	engineSettings

	WindowAge    time.Duration `group:"Log:" default:"10m" help:"How long events can be replayed."`
	WindowEvents int           `group:"Log:" default:"100000" help:"How many events can be replayed."`
	WindowBytes  byteSize      `group:"Log:" default:"64MiB" help:"How much memory the events to replay may take."`
	MaxReplay    int           `group:"Log:" default:"1000" help:"How many events one connection is sent again."`

	Heartbeat        time.Duration `group:"Streams:" default:"15s" help:"A ping goes to a stream that was silent so long."`
	RetryMin         time.Duration `group:"Streams:" default:"2s" help:"Least delay of a reconnect that clients are told."`
	RetryMax         time.Duration `group:"Streams:" default:"5s" help:"Greatest delay of a reconnect that clients are told."`
	MaxConnectionAge time.Duration `group:"Streams:" default:"0" help:"End streams after so long, give or take a tenth; 0 for never."`
	WriteTimeout     time.Duration `group:"Streams:" default:"10s" help:"End a stream whose client has not read for so long."`
	SlowConsumer     string        `group:"Streams:" default:"conflate" enum:"conflate,gap,disconnect" help:"What happens to events that find no room: conflate (they follow from the window as the client reads on, less those that a newer one of their key replaces), gap or disconnect."`
	MaxQueueBytes    byteSize      `group:"Streams:" default:"64KiB" help:"What may wait for one client."`
	SendBuffer       byteSize      `group:"Streams:" default:"16KiB" help:"What the kernel buffers for one client."`
	Compress         bool          `group:"Streams:" help:"Send gzip to clients that accept it, each event compressed once for all of them. Not where an event mixes secrets with what others can write."`
	TraceEvents      bool          `group:"Streams:" help:"Send the traceparent of a message's POST along with its event, as a comment that EventSource does not show."`

	Mercure          bool `group:"Mercure:" help:"Serve the Mercure protocol on /.well-known/mercure, for clients and publishers that speak it."`
	MercureAnonymous bool `group:"Mercure:" help:"Let subscribers in there without a token, for public updates."`

	MercurePublisherSecretFile    []string `name:"mercure-publisher-secret-file" group:"Mercure:" placeholder:"FILE" help:"HS256 secret of publishers' tokens there; with one of these, the hub's other keys are good for subscribing only; repeatable."`
	MercurePublisherPublicKeyFile []string `name:"mercure-publisher-public-key-file" group:"Mercure:" placeholder:"FILE" help:"PEM public key of publishers' tokens there, likewise; repeatable."`

	WebhookURL        string        `name:"webhook-url" group:"Webhook:" placeholder:"URL" help:"Gets a signed POST when a user comes online or goes offline; the same on all hubs."`
	WebhookSecretFile string        `group:"Webhook:" placeholder:"FILE" help:"Secret that signs it, at least 24 bytes or whsec_ and base64."`
	WebhookDebounce   time.Duration `group:"Webhook:" default:"10s" help:"How long a user is here, or gone, before that is told; longer than a reconnect takes."`

	MaxConnections        int      `live:"" group:"Limits:" default:"0" help:"Open streams in all; 0 for as many as there are descriptors."`
	MaxConnectionsPerUser int      `live:"" group:"Limits:" default:"100" help:"Open streams of a user; 0 for no limit."`
	MaxConnectionsPerIP   int      `name:"max-connections-per-ip" group:"Limits:" default:"0" help:"Open streams of a client address; 0 for no limit."`
	ConnectRate           int      `live:"" group:"Limits:" default:"0" help:"New streams a second; 0 for no limit."`
	PublishRate           int      `group:"Limits:" live:"" default:"0" help:"Messages a second of one API key or user, at this hub; 0 for no limit."`
	PublishBurst          int      `group:"Limits:" live:"" default:"0" help:"How many of them may come at once; 0 for one second's worth."`
	PublishBytes          byteSize `group:"Limits:" live:"" default:"0" help:"Bytes a second of the bodies of one API key or user, at this hub; 0 for no limit."`
	MaxBody               byteSize `group:"Limits:" default:"1MiB" help:"A POST's body."`
	MaxData               byteSize `group:"Limits:" default:"64KiB" help:"The data of one message."`
	MaxBatch              int      `group:"Limits:" default:"1000" help:"Messages in one POST."`

	DrainDelay        time.Duration `live:"" group:"Process:" default:"5s" help:"From the signal to stop until streams are handed over, so that load balancers notice; 0 with --dev."`
	DrainWindow       time.Duration `live:"" group:"Process:" default:"30s" help:"Over which streams are handed over; 1s with --dev."`
	ShutdownTimeout   time.Duration `live:"" group:"Process:" default:"45s" help:"Longest time from the signal to stop to the end."`
	ReadyWhenDegraded bool          `group:"Process:" help:"Stay ready while the engine is not reached: streams stay, and new ones get replay only."`
	LogLevel          string        `live:"" group:"Process:" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat         string        `group:"Process:" default:"json" enum:"json,text" help:"Form of the log on stderr: json or text."`
	Instance          string        `group:"Process:" placeholder:"NAME" help:"Name of this hub; default the host's name and a random suffix."`
	Pprof             bool          `group:"Process:" help:"Serve profiles at /debug/pprof/ of the internal address, with the scope admin unless it is on loopback; on with --dev."`
	GCPercent         int           `name:"gc-percent" group:"Process:" default:"100" help:"Garbage collector's pace as in GOGC, which counts if this is not set."`
}

// applyDev changes the defaults that --dev changes; what was set stays.
func (s *settings) applyDev(src *sources) {
	if !s.Dev {
		return
	}
	if src.origin("pprof") == fromDefault {
		s.Pprof = true
	}
	if src.origin("drain-delay") == fromDefault {
		s.DrainDelay = 0
	}
	if src.origin("drain-window") == fromDefault {
		s.DrainWindow = time.Second
	}
}
