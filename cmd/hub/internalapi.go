package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"example.org/hub/auth"
	"example.org/hub/transport"
)

// internalFlags say how to reach the internal address of a running hub.
type internalFlags struct {
	URL        string `name:"url" placeholder:"URL" help:"Internal address of the hub, or unix:PATH of its socket; where HUB_INTERNAL_LISTEN points, or http://127.0.0.1:8081."`
	CA         string `name:"internal-ca" placeholder:"FILE" help:"PEM certificates to check the hub's with; those of the system if not given."`
	ServerName string `name:"internal-server-name" placeholder:"NAME" help:"Name in the hub's certificate, if the URL has another."`
	ClientCert string `name:"internal-client-cert" placeholder:"FILE" help:"PEM certificate to show the hub."`
	ClientKey  string `name:"internal-client-key" placeholder:"FILE" help:"PEM key of --internal-client-cert."`
}

// base returns the URL without a slash at its end.
func (f *internalFlags) base(p *program) string {
	if f.socket(p) != "" {
		return "http://localhost" // a name that every hub goes by
	}
	if f.URL != "" {
		return strings.TrimSuffix(f.URL, "/")
	}
	scheme := "http://"
	if p.sources.env[variable("internal-tls-cert")] != "" {
		scheme = "https://"
	}
	if addr := p.sources.env[variable("internal-listen")]; addr != "" {
		return scheme + reachable(addr)
	}
	return scheme + "127.0.0.1:8081"
}

// socket returns the path of the Unix socket that the hub is reached by, or "".
func (f *internalFlags) socket(p *program) string {
	path, ok := strings.CutPrefix(cmp.Or(f.URL, p.sources.env[variable("internal-listen")]), transport.UnixPrefix)
	if !ok {
		return ""
	}
	return path
}

// transport returns what calls the hub, each time by a new connection.
func (f *internalFlags) transport(p *program) (*http.Transport, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, configError{fmt.Errorf("--internal-ca: %w", err)}
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(text) {
			return nil, configErrorf("--internal-ca: %s: no certificate in it", f.CA)
		}
	}
	if (f.ClientCert == "") != (f.ClientKey == "") {
		return nil, configErrorf("--internal-client-cert and --internal-client-key go together")
	}
	if f.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(f.ClientCert, f.ClientKey)
		if err != nil {
			return nil, configError{fmt.Errorf("--internal-client-cert: %w", err)}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	calls := &http.Transport{DisableKeepAlives: true, TLSClientConfig: cfg}
	if path := f.socket(p); path != "" {
		calls.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
	}
	return calls, nil
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
	calls, err := f.transport(p)
	if err != nil {
		return 0, nil, err
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: calls}
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
	APIKeyFile string `name:"api-key-file" placeholder:"FILE" help:"API key, alone or as the first line with the scope in the hub's own file; or the key in $HUB_API_KEY."`
}

// apiKey returns the key for what needs a scope: the file's if there is one, else the
// variable's.
func (f *keyFlags) apiKey(p *program, scope auth.Scope) (string, error) {
	if f.APIKeyFile != "" {
		return readAPIKey(f.APIKeyFile, scope)
	}
	if key := p.sources.env[apiKeyVariable]; key != "" {
		return key, nil
	}
	return "", configErrorf("an API key is needed: --api-key-file or $%s", apiKeyVariable)
}

// readAPIKey returns a key of a file: of its "name:key:scopes" lines the first that
// has the scope, or a key that stands there alone. If none has it, the first; the
// hub says then what it lacks.
func readAPIKey(path string, scope auth.Scope) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", configError{fmt.Errorf("read API key: %w", err)}
	}
	first := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, has := readKeyLine(line, scope)
		if has {
			return key, nil
		}
		first = cmp.Or(first, key)
	}
	if first == "" {
		return "", configErrorf("read API key: %s: no key in it", path)
	}
	return first, nil
}

// readKeyLine returns the key of a line, and whether it has the scope as far as the
// line tells.
func readKeyLine(line string, scope auth.Scope) (key string, has bool) {
	fields := strings.Split(line, ":")
	switch len(fields) {
	case 1:
		return line, true
	case 2:
		return fields[1], scope == auth.ScopePublish // what a key without scopes has
	}
	scopes := strings.Split(fields[2], ",")
	return fields[1], slices.Contains(scopes, string(scope)) || slices.Contains(scopes, string(auth.ScopeAdmin))
}
