package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// internalFlags say how to reach the internal address of a running hub.
type internalFlags struct {
	URL string `name:"url" placeholder:"URL" help:"Internal address of the hub; where HUB_INTERNAL_LISTEN points, or http://127.0.0.1:8081."`
}

// base returns the URL without a slash at its end.
func (f *internalFlags) base(p *program) string {
	if f.URL != "" {
		return strings.TrimSuffix(f.URL, "/")
	}
	if addr := p.sources.env[variable("internal-listen")]; addr != "" {
		return "http://" + reachable(addr)
	}
	return "http://127.0.0.1:8081"
}

// get asks the hub and returns status and text of the answer.
func (f *internalFlags) get(p *program, path, apiKey string) (status int, body []byte, err error) {
	return f.call(p, http.MethodGet, path, apiKey)
}

func (f *internalFlags) call(p *program, method, path, apiKey string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(p.ctx, method, f.base(p)+path, http.NoBody)
	if err != nil {
		return 0, nil, configError{err}
	}
	if apiKey != "" {
		req.Header.Set("X-API-Key", apiKey)
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask hub: %w", err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("ask hub: %w", err)
	}
	return resp.StatusCode, body, nil
}

// keyFlags say which API key a command uses.
type keyFlags struct {
	APIKeyFile string `name:"api-key-file" placeholder:"FILE" help:"API key, alone or as the first line of the hub's own file; or the key in $HUB_API_KEY."`
}

// apiKey returns the key: the file's if there is one, else the variable's.
func (f *keyFlags) apiKey(p *program) (string, error) {
	if f.APIKeyFile != "" {
		return readAPIKey(f.APIKeyFile)
	}
	if key := p.sources.env[apiKeyVariable]; key != "" {
		return key, nil
	}
	return "", configErrorf("an API key is needed: --api-key-file or $%s", apiKeyVariable)
}

// readAPIKey returns the first key of a file: of its "name:key:scopes" lines,
// or a key that stands there alone.
func readAPIKey(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", configError{fmt.Errorf("read API key: %w", err)}
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, ":")
		if len(fields) > 1 {
			return fields[1], nil
		}
		return line, nil
	}
	return "", configErrorf("read API key: %s: no key in it", path)
}
