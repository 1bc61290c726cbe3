package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	fetchTimeout = 5 * time.Second
	maxJWKSBytes = 1 << 20
	maxJWKSKeys  = 100
	maxRedirects = 3
)

// jwksSource fetches a JWKS. It does not keep the connection: fetches are an
// hour apart.
type jwksSource struct {
	url    string
	client *http.Client
}

// newJWKSSource checks the URL: anyone who can change the answer on its way can
// make tokens, so plain http is for the loopback interface only.
func newJWKSSource(address string) (*jwksSource, error) {
	u, err := url.Parse(address)
	if err != nil || !trustworthy(u) {
		return nil, errJWKSURL
	}
	return &jwksSource{url: address, client: &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errRedirects
			}
			if !trustworthy(req.URL) {
				return errJWKSURL
			}
			return nil
		},
	}}, nil
}

var (
	errJWKSURL   = errors.New("a JWKS URL is https, or http to a loopback address")
	errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
)

func trustworthy(u *url.URL) bool {
	host := u.Hostname()
	switch u.Scheme {
	case "https":
		return host != ""
	case "http":
		return host == "localhost" || net.ParseIP(host).IsLoopback()
	}
	return false
}

// fetch gets the keys, within fetchTimeout and maxJWKSBytes. An answer without
// a usable key is an error.
func (s *jwksSource) fetch(ctx context.Context) (keyIndex, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, errJWKSURL
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch jwks: %w", withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch jwks: status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxJWKSBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch jwks: %w", err)
	}
	if len(body) > maxJWKSBytes {
		return nil, fmt.Errorf("fetch jwks: longer than %d bytes", maxJWKSBytes)
	}
	return parseJWKS(body)
}

// withoutURL takes the URL out of an HTTP client's error: its query may hold a
// secret.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// parseJWKS returns the keys of a JWKS that can verify tokens here. Others are
// passed over, since a set may serve more than this hub. A key that is the only
// one of its algorithm is also found without a kid.
func parseJWKS(body []byte) (keyIndex, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("parse jwks: %w", err)
	}
	if len(set.Keys) > maxJWKSKeys {
		return nil, fmt.Errorf("parse jwks: more than %d keys", maxJWKSKeys)
	}
	keys, perAlg := keyIndex{}, map[string][]Key{}
	for _, raw := range set.Keys {
		kid, k, err := parseJWK(raw)
		if err != nil {
			continue
		}
		if _, taken := keys[keyID{k.alg, kid}]; kid != "" && !taken {
			keys[keyID{k.alg, kid}] = k
		}
		perAlg[k.alg] = append(perAlg[k.alg], k)
	}
	for alg, all := range perAlg {
		if len(all) == 1 {
			keys[keyID{alg, ""}] = all[0]
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("parse jwks: none of %d keys is usable", len(set.Keys))
	}
	return keys, nil
}

// parseJWK reads one public signature key (RFC 7517 section 4). PublicKey
// refuses symmetric ones: what a URL gives to everyone is no secret.
func parseJWK(raw []byte) (kid string, k Key, err error) {
	var m jwkset.JWKMarshal
	if err := json.Unmarshal(raw, &m); err != nil {
		return "", Key{}, fmt.Errorf("parse jwk: %w", err)
	}
	if len(m.KID) > maxKeyIDLen || !forVerifying(&m) {
		return "", Key{}, fmt.Errorf("parse jwk: %w", ErrBadKey)
	}
	// The certificates say nothing that is used here, and x5u is a URL.
	m.X5U, m.X5C, m.X5T, m.X5TS256 = "", nil, "", ""
	jwk, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return "", Key{}, fmt.Errorf("parse jwk: %w", err)
	}
	if k, err = PublicKey(jwk.Key()); err != nil {
		return "", Key{}, err
	}
	if m.ALG != "" && m.ALG.String() != k.alg {
		return "", Key{}, fmt.Errorf("parse jwk: %w: for another algorithm", ErrBadKey)
	}
	return m.KID, k, nil
}

// forVerifying reports whether use and key_ops, where given, allow it.
func forVerifying(m *jwkset.JWKMarshal) bool {
	if m.USE != "" && m.USE != jwkset.UseSig {
		return false
	}
	return len(m.KEYOPS) == 0 || slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify)
}
