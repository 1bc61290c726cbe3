package main

import (
	"fmt"
	"io"
	"slices"

	"example.org/hub/transport"
)

// reading is what the settings say at one time.
type reading struct {
	settings *settings
	texts    map[string]string // by flag
	live     map[string]bool   // flags that a running hub takes over
}

// readSettings reads flags, variables and file anew, as at the start.
func (p *program) readSettings() (*reading, error) {
	line, err := parse(p.args, io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	s := &line.cli.Serve.settings
	s.applyDev(line.sources)
	if s.Dev {
		if _, err := s.useDevKeys(); err != nil {
			return nil, err
		}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	r := &reading{settings: s, texts: map[string]string{}, live: map[string]bool{}}
	for _, flag := range line.parsed.Selected().Flags {
		r.texts[flag.Name] = fmt.Sprint(flag.Target.Interface())
		r.live[flag.Name] = flag.Tag.Has("live")
	}
	return r, nil
}

// changes returns the flags whose values differ, those that a running hub takes
// over and the others.
func (r *reading) changes(next *reading) (live, fixed []string) {
	for name, text := range r.texts {
		switch {
		case next.texts[name] == text:
		case r.live[name]:
			live = append(live, name)
		default:
			fixed = append(fixed, name)
		}
	}
	slices.Sort(live)
	slices.Sort(fixed)
	return live, fixed
}

// reload takes over settings, keys and certificates that have changed. If one of
// them cannot be used, nothing changes.
func (n *node) reload() {
	n.manager.tell(notifyReloading)
	defer n.manager.tell(notifyReady)
	if err := n.tryReload(); err != nil {
		n.oldSettings.Store(true)
		n.log.Error("reload failed, nothing has changed", "err", err)
	}
}

func (n *node) tryReload() error {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	next, err := n.reread()
	if err != nil {
		return err
	}
	s := next.settings
	// Not taken over, but part of what is.
	s.JWKSURL, s.JWTMaxLifetime = n.cfg.JWKSURL, n.cfg.JWTMaxLifetime
	s.MercurePublisherSecretFile, s.MercurePublisherPublicKeyFile = n.cfg.MercurePublisherSecretFile, n.cfg.MercurePublisherPublicKeyFile
	tokenKeys, err := s.tokenKeys()
	if err != nil {
		return err
	}
	publisherKeys, err := s.publisherKeys()
	if err != nil {
		return err
	}
	apiKeys, err := s.apiKeys()
	if err != nil {
		return err
	}
	certificates, err := n.loadTLS()
	if err != nil {
		return err
	}
	http := s.transportConfig(n.streams)
	if err := http.Validate(); err != nil {
		return err
	}
	rules := s.tokenConfig(tokenKeys)
	if err := n.identity.verifier.Reload(rules); err != nil {
		return err
	}
	if n.identity.publishers != nil { // the same rules, and as many keys as at the start
		if err := n.identity.publishers.Reload(publisherConfig(rules, publisherKeys)); err != nil {
			return err
		}
	}
	// From here on nothing fails.
	n.useTLS(certificates)
	n.identity.apiKeys.current.Store(apiKeys)
	n.takeOver(s, http)
	n.oldSettings.Store(false)
	n.oldCertificates.Store(false)
	n.tellChanges(next)
	return nil
}

func (n *node) takeOver(s *settings, http transport.Config) {
	if err := n.server.Reload(http); err != nil {
		n.log.Error("HTTP settings not taken over", "err", err) // they were checked
	}
	n.actors.SetMaxPerUser(s.MaxConnectionsPerUser)
	n.times.Store(&stopTimes{delay: s.DrainDelay, window: s.DrainWindow, limit: s.ShutdownTimeout})
	_ = n.logLevel.UnmarshalText([]byte(s.LogLevel)) // one of the flag's values
}

// tellChanges logs which settings are others than before, by their names only.
func (n *node) tellChanges(next *reading) {
	live, fixed := n.read.changes(next)
	for _, name := range live {
		n.read.texts[name] = next.texts[name]
	}
	n.log.Info("reloaded", "changed", live)
	if len(fixed) > 0 {
		n.log.Warn("changed settings need a restart", "settings", fixed)
	}
}
