package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// devKeys are the keys that --dev makes for what the settings leave out. They
// stay in the user's cache directory, readable by the user only, so that tokens
// live on when the hub is built and started anew; deleting them makes new ones.
type devKeys struct {
	dir        string
	secretFile string // HS256, to mint with
	apiKeyFile string
}

// useDevKeys points the settings at the keys, making them at the first time.
func (s *settings) useDevKeys() (*devKeys, error) {
	dir, err := devDir()
	if err != nil {
		return nil, fmt.Errorf("make development keys: %w", err)
	}
	d := &devKeys{dir: dir}
	if !s.hasVerifier() {
		path, err := keepFile(dir, "jwt-secret", rand.Text()+rand.Text()+"\n")
		if err != nil {
			return nil, fmt.Errorf("make development keys: %w", err)
		}
		s.JWTSecretFile = []string{path}
	}
	if len(s.JWTSecretFile) > 0 {
		d.secretFile = s.JWTSecretFile[0]
	}
	if s.APIKeyFile == "" {
		s.APIKeyFile, err = keepFile(dir, "api-keys", "dev:"+strings.ToLower(rand.Text())+":admin\n")
		if err != nil {
			return nil, fmt.Errorf("make development keys: %w", err)
		}
	}
	d.apiKeyFile = s.APIKeyFile
	return d, nil
}

// devDir returns a directory of the user's own: in the cache, or a new one for
// a user who has none.
func devDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return os.MkdirTemp("", "hub-dev-")
	}
	dir := filepath.Join(cache, "hub-dev")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return os.MkdirTemp("", "hub-dev-")
	}
	return dir, os.Chmod(dir, 0o700)
}

// keepFile returns the path of a file, with the content if it is not there yet.
// It appears whole or not at all, whoever else starts at the same moment.
func keepFile(dir, name, content string) (string, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	draft, err := os.CreateTemp(dir, name+"-*") // mode 0600
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(content)
	if err = errors.Join(err, draft.Close()); err != nil {
		return "", err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return path, nil
}
