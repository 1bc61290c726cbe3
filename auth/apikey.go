package auth

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/hub/engine"
)

const (
	// MinAPIKeyLen is the shortest API key, in bytes.
	MinAPIKeyLen = 16

	maxAPIKeyLen  = 1 << 10
	maxAPIKeys    = 1000 // all of them are compared with every key that is tried
	maxAPIKeyFile = 1 << 20
)

// ErrAPIKeyFile is wrapped by the errors of LoadAPIKeyFile and ParseAPIKeys,
// which name the line but never quote it.
var ErrAPIKeyFile = errors.New("bad API key file")

// APIKeys holds the API keys of services, as SHA-256 hashes.
type APIKeys struct{ keys []apiKey }

type apiKey struct {
	name   string
	hash   [sha256.Size]byte
	scopes []Scope
	line   int
}

// LoadAPIKeyFile reads the file at path with ParseAPIKeys.
func LoadAPIKeyFile(path string) (*APIKeys, error) {
	text, err := readFile(path, maxAPIKeyFile)
	if err != nil {
		return nil, fmt.Errorf("load API keys: %w", err)
	}
	keys, err := ParseAPIKeys(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("load API keys %s: %w", path, err)
	}
	return keys, nil
}

// ParseAPIKeys reads one key a line, as name:key or name:key:scope,scope. Empty
// lines and lines that begin with # are passed over. A key has 16 to 1024 bytes,
// none of them a colon or white space; without scopes it gets ScopePublish.
func ParseAPIKeys(r io.Reader) (*APIKeys, error) {
	all := &APIKeys{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		k, err := parseAPIKey(line)
		if err == nil {
			k.line = n
			err = all.add(k)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrAPIKeyFile, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAPIKeyFile, err)
	}
	if len(all.keys) == 0 {
		return nil, fmt.Errorf("%w: no key in it", ErrAPIKeyFile)
	}
	return all, nil
}

func (a *APIKeys) add(k apiKey) error {
	for _, other := range a.keys {
		if other.name == k.name {
			return fmt.Errorf("the name of line %d again", other.line)
		}
		if other.hash == k.hash {
			return fmt.Errorf("the key of line %d again", other.line)
		}
	}
	if len(a.keys) == maxAPIKeys {
		return fmt.Errorf("more than %d keys", maxAPIKeys)
	}
	a.keys = append(a.keys, k)
	return nil
}

// parseAPIKey reads one line. Its errors quote no field: in a line of the wrong
// form, any of them may be the key.
func parseAPIKey(line string) (apiKey, error) {
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return apiKey{}, errors.New("want name:key or name:key:scope,scope")
	}
	key, list, scoped := strings.Cut(rest, ":")
	if engine.ValidName(name) != nil || strings.ContainsAny(line, " \t") {
		return apiKey{}, errors.New("a name has 1 to 256 bytes, and no field has white space")
	}
	if len(key) < MinAPIKeyLen || len(key) > maxAPIKeyLen {
		return apiKey{}, fmt.Errorf("a key has %d to %d bytes, not %d", MinAPIKeyLen, maxAPIKeyLen, len(key))
	}
	k := apiKey{name: name, hash: sha256.Sum256([]byte(key)), scopes: []Scope{ScopePublish}}
	if !scoped {
		return k, nil
	}
	k.scopes = nil
	for field := range strings.SplitSeq(list, ",") {
		s, ok := known([]byte(field))
		if !ok {
			return apiKey{}, fmt.Errorf("an unknown scope; there are %v", allScopes)
		}
		k.scopes = append(k.scopes, s)
	}
	return k, nil
}

// Verify returns the service that key belongs to. The time it takes depends on
// neither the key nor which one it is.
//
// Errors wrap ErrMissing or ErrUnknownKey.
func (a *APIKeys) Verify(key string) (Principal, error) {
	if key == "" {
		return Principal{}, ErrMissing
	}
	if len(key) > maxAPIKeyLen {
		return Principal{}, ErrUnknownKey
	}
	hash, found := sha256.Sum256([]byte(key)), -1
	for i := range a.keys {
		equal := subtle.ConstantTimeCompare(hash[:], a.keys[i].hash[:])
		found = subtle.ConstantTimeSelect(equal, i, found)
	}
	if found < 0 {
		return Principal{}, ErrUnknownKey
	}
	return Principal{Service: a.keys[found].name, Scopes: a.keys[found].scopes}, nil
}

// Len returns the number of keys.
func (a *APIKeys) Len() int { return len(a.keys) }
