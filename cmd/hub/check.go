package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"example.org/hub/transport"
)

// check returns every reason not to start with these settings.
func (s *settings) check() error {
	return errors.Join(
		s.checkEngine(),
		s.checkListeners(),
		s.checkIdentity(),
		s.checkTimes(),
		s.checkAmounts(),
		s.checkWebhook(),
	)
}

func (s *settings) checkListeners() error {
	var errs []error
	for _, l := range []struct{ flag, addr string }{{"listen", s.Listen}, {"internal-listen", s.InternalListen}, {"health-listen", s.HealthListen}} {
		if l.addr == "" && l.flag == "health-listen" {
			continue
		}
		if path, ok := strings.CutPrefix(l.addr, transport.UnixPrefix); ok {
			if path == "" {
				errs = append(errs, fmt.Errorf("--%s: want unix:PATH", l.flag))
			}
			continue
		}
		if _, _, err := net.SplitHostPort(l.addr); err != nil {
			errs = append(errs, fmt.Errorf("--%s: want host:port: %w", l.flag, err))
		}
	}
	if !s.Dev && !s.hasVerifier() && s.APIKeyFile == "" && !loopback(s.InternalListen) {
		errs = append(errs, fmt.Errorf("--internal-listen %s: others reach it, and there are no keys: give --api-key-file or a key for tokens", s.InternalListen))
	}
	errs = append(errs, s.checkTLS())
	for _, origin := range s.CORSOrigin {
		if !exactOrigin(origin) {
			errs = append(errs, fmt.Errorf("--cors-origin %s: want scheme://host[:port] as browsers send it, no wildcard", origin))
		}
	}
	return errors.Join(errs...)
}

func (s *settings) checkTLS() error {
	var errs []error
	if (s.TLSCert == "") != (s.TLSKey == "") {
		errs = append(errs, errors.New("--tls-cert and --tls-key go together"))
	}
	if (s.InternalTLSCert == "") != (s.InternalTLSKey == "") {
		errs = append(errs, errors.New("--internal-tls-cert and --internal-tls-key go together"))
	}
	if s.InternalClientCA != "" && s.InternalTLSCert == "" {
		errs = append(errs, errors.New("--internal-client-ca needs --internal-tls-cert"))
	}
	for _, t := range []*serverTLS{s.publicTLS(), s.internalTLS()} {
		if t != nil {
			_, err := t.load()
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *settings) hasVerifier() bool {
	return len(s.JWTSecretFile) > 0 || len(s.JWTPublicKeyFile) > 0 || s.JWKSURL != ""
}

func (s *settings) checkIdentity() error {
	if !s.Mercure && (s.MercureAnonymous || len(s.MercurePublisherSecretFile)+len(s.MercurePublisherPublicKeyFile) > 0) {
		return errors.New("--mercure-anonymous and --mercure-publisher-..: only with --mercure")
	}
	if !s.hasVerifier() && !s.Dev {
		return errors.New("no key to check tokens with: give --jwt-secret-file, --jwt-public-key-file or --jwks-url, or --dev to try it out")
	}
	return s.checkKeyFiles()
}

func (s *settings) checkTimes() error {
	var errs []error
	least := func(flag string, d, bound time.Duration) {
		if d < bound {
			errs = append(errs, fmt.Errorf("--%s %s: at least %s", flag, d, bound))
		}
	}
	least("heartbeat", s.Heartbeat, time.Second)
	least("write-timeout", s.WriteTimeout, time.Second)
	least("window-age", s.WindowAge, time.Second)
	least("retry-min", s.RetryMin, time.Millisecond)
	least("retry-max", s.RetryMax, s.RetryMin)
	least("jwt-leeway", s.JWTLeeway, 0)
	least("jwt-max-lifetime", s.JWTMaxLifetime, 0)
	least("max-connection-age", s.MaxConnectionAge, 0)
	least("drain-delay", s.DrainDelay, 0)
	least("drain-window", s.DrainWindow, 0)
	if s.ShutdownTimeout <= s.DrainDelay+s.DrainWindow {
		errs = append(errs, fmt.Errorf("--shutdown-timeout %s: must be longer than --drain-delay and --drain-window together, %s",
			s.ShutdownTimeout, s.DrainDelay+s.DrainWindow))
	}
	if s.JWTLeeway > 30*time.Second {
		errs = append(errs, fmt.Errorf("--jwt-leeway %s: at most 30s", s.JWTLeeway))
	}
	return errors.Join(errs...)
}

func (s *settings) checkAmounts() error {
	var errs []error
	for _, a := range []struct {
		flag         string
		value, bound int64
	}{
		{"max-connections", int64(s.MaxConnections), 0},
		{"max-connections-per-user", int64(s.MaxConnectionsPerUser), 0},
		{"max-connections-per-ip", int64(s.MaxConnectionsPerIP), 0},
		{"connect-rate", int64(s.ConnectRate), 0},
		{"publish-rate", int64(s.PublishRate), 0},
		{"publish-burst", int64(s.PublishBurst), 0},
		{"max-batch", int64(s.MaxBatch), 1},
		{"max-body", int64(s.MaxBody), 1},
		{"max-data", int64(s.MaxData), 1},
		{"max-queue-bytes", int64(s.MaxQueueBytes), 4096},
		{"send-buffer", int64(s.SendBuffer), 4096},
		{"window-events", int64(s.WindowEvents), 1},
		{"window-bytes", int64(s.WindowBytes), 1},
		{"max-replay", int64(s.MaxReplay), 1},
		{"gc-percent", int64(s.GCPercent), -1},
	} {
		if a.value < a.bound {
			errs = append(errs, fmt.Errorf("--%s %d: at least %d", a.flag, a.value, a.bound))
		}
	}
	return errors.Join(errs...)
}

// loopback reports whether only this machine reaches an address.
func loopback(addr string) bool {
	if strings.HasPrefix(addr, transport.UnixPrefix) {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// exactOrigin reports whether s is an origin in the one form that browsers
// send: lower case, no path, no default port.
func exactOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	standard := (u.Scheme == "http" && u.Port() == "80") || (u.Scheme == "https" && u.Port() == "443")
	return !standard && !strings.Contains(s, "*") && s == strings.ToLower(u.Scheme+"://"+u.Host)
}
