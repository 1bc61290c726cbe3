package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"example.org/hub/auth"
)

const (
	ticketTTL      = 30 * time.Second // from POST /api/sse/ticket to the stream
	maxOpenTickets = 100_000
)

// identity is what tells who is calling.
type identity struct {
	verifier    *auth.Verifier
	publishers  *auth.Verifier // of Mercure, nil if they have no keys of their own
	apiKeys     *serviceKeys
	tickets     *auth.Tickets
	revocations *auth.Revocations
}

// openIdentity loads the keys that the settings name. With a JWKS it waits for
// the first fetch, or the end of ctx.
func openIdentity(ctx context.Context, s *settings, log *slog.Logger) (*identity, error) {
	keys, err := s.tokenKeys()
	if err != nil {
		return nil, configError{err}
	}
	apiKeys, err := s.apiKeys()
	if err != nil {
		return nil, configError{err}
	}
	publisherKeys, err := s.publisherKeys()
	if err != nil {
		return nil, configError{err}
	}
	rules := s.tokenConfig(keys)
	verifier, err := auth.NewVerifier(ctx, rules, log)
	if err != nil {
		return nil, configError{err}
	}
	var publishers *auth.Verifier
	if len(publisherKeys) > 0 {
		if publishers, err = auth.NewVerifier(ctx, publisherConfig(rules, publisherKeys), log); err != nil {
			verifier.Close()
			return nil, configError{err}
		}
	}
	services := &serviceKeys{}
	services.current.Store(apiKeys)
	return &identity{
		verifier:    verifier,
		publishers:  publishers,
		apiKeys:     services,
		tickets:     auth.NewTickets(ticketTTL, maxOpenTickets),
		revocations: auth.NewRevocations(s.JWTMaxLifetime),
	}, nil
}

// serviceKeys are the API keys of now.
type serviceKeys struct{ current atomic.Pointer[auth.APIKeys] }

// Verify implements transport.KeyVerifier. Without a file there is no key.
func (k *serviceKeys) Verify(key string) (auth.Principal, error) {
	if keys := k.current.Load(); keys != nil {
		return keys.Verify(key)
	}
	return auth.Principal{}, auth.ErrUnknownKey
}

func (s *settings) tokenConfig(keys []auth.Key) auth.Config {
	return auth.Config{
		Keys: keys, JWKSURL: s.JWKSURL, Issuer: s.JWTIssuer, Audience: s.JWTAudience, Leeway: s.JWTLeeway, MaxLifetime: s.JWTMaxLifetime,
	}
}

// publisherConfig is tokenConfig for Mercure's publishers with keys of their own.
func publisherConfig(rules auth.Config, keys []auth.Key) auth.Config {
	rules.Keys, rules.JWKSURL = keys, ""
	return rules
}

// tokenKeys loads every key that tokens may be signed with.
func (s *settings) tokenKeys() ([]auth.Key, error) {
	secrets, err1 := loadKeys("--jwt-secret-file", s.JWTSecretFile, auth.LoadHMACKeyFile)
	public, err2 := loadKeys("--jwt-public-key-file", s.JWTPublicKeyFile, auth.LoadPublicKeyFile)
	return append(secrets, public...), errors.Join(err1, err2)
}

// publisherKeys loads the keys of Mercure's publishers, none if they have no own.
func (s *settings) publisherKeys() ([]auth.Key, error) {
	secrets, err1 := loadKeys("--mercure-publisher-secret-file", s.MercurePublisherSecretFile, auth.LoadHMACKeyFile)
	public, err2 := loadKeys("--mercure-publisher-public-key-file", s.MercurePublisherPublicKeyFile, auth.LoadPublicKeyFile)
	return append(secrets, public...), errors.Join(err1, err2)
}

// loadKeys loads the keys of a flag.
func loadKeys(flag string, paths []string, load func(string) (auth.Key, error)) ([]auth.Key, error) {
	var keys []auth.Key
	for _, path := range paths {
		key, err := load(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// apiKeys loads the keys of services, nil if there is no file of them.
func (s *settings) apiKeys() (*auth.APIKeys, error) {
	if s.APIKeyFile == "" {
		return nil, nil
	}
	keys, err := auth.LoadAPIKeyFile(s.APIKeyFile)
	if err != nil {
		return nil, fmt.Errorf("--api-key-file: %w", err)
	}
	return keys, nil
}

// checkKeyFiles loads all keys and forgets them. It asks no JWKS.
func (s *settings) checkKeyFiles() error {
	_, err1 := s.tokenKeys()
	_, err2 := s.apiKeys()
	_, err4 := s.publisherKeys()
	var err3 error
	if u, err := url.Parse(s.JWKSURL); s.JWKSURL != "" && (err != nil || u.Host == "") {
		err3 = fmt.Errorf("--jwks-url %s: not a URL", redact(s.JWKSURL))
	}
	return errors.Join(err1, err2, err3, err4)
}
