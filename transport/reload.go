package transport

// Reload applies what may change while the server runs: AllowedOrigins,
// AllowLocalhostOrigins, TrustedProxies, TrustUnixPeers, MaxConnections,
// ConnectRate, ConnectBurst, PublishRate, PublishBurst and PublishBytes. It passes
// over the rest of cfg. Streams that are open stay.
//
// After an error, which wraps ErrConfig, nothing has changed.
func (s *Server) Reload(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	s.setRules(&cfg)
	s.limits.set(&cfg)
	s.setPublishLimit(&cfg)
	return nil
}

func (s *Server) setRules(cfg *Config) {
	origins := newOriginRule(cfg.AllowedOrigins, cfg.AllowLocalhostOrigins)
	s.origins.Store(&origins)
	s.remotes.Store(&remoteRule{trusted: cfg.TrustedProxies, unix: cfg.TrustUnixPeers})
}
