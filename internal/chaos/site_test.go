//go:build linux

package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/hub/auth"
	"example.org/hub/internal/hubtest"
)

const (
	testSecret = "0123456789abcdef0123456789abcdef"
	testKey    = "a-key-for-tests-only"
)

// node is one hub.
type node struct {
	*process

	public, internal string // host:port
	way              *relay // to the engine; nil if that is inside
}

// site is three hubs behind a load balancer, with what they share.
type site struct {
	t       *testing.T
	dir     string
	key     auth.Key
	engine  *process // nil if the hubs have it inside
	hubs    []*node
	address string // of the load balancer
}

// newSite starts Redis, three hubs on it and HAProxy before them. args are for
// the hubs.
func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := prepare(t)
	engine := "127.0.0.1:" + freePort(t)
	_, port, _ := strings.Cut(engine, ":")
	s.engine = newProcess(t, s.dir, "redis", hubtest.Tool(t, "redis-server", "redis-server"), listening(engine),
		"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "", "--appendonly", "yes",
		"--appendfsync", "always") // as strict as Redis can be: it is killed too
	if err := s.engine.start(); err != nil {
		t.Fatal(err)
	}
	for i := range s.hubs {
		way := newRelay(t, engine)
		s.addHub(i, append([]string{"--engine=redis://" + way.address()}, args...)...)
		s.hubs[i].way = way
	}
	s.open()
	return s
}

// prepare makes what the hubs share.
func prepare(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), hubs: make([]*node, 3)}
	var err error
	if s.key, err = auth.HMACKey([]byte(testSecret)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.dir, "jwt-secret", testSecret)
	writeFile(t, s.dir, "api-keys", "tests:"+testKey+":admin\n")
	return s
}

// addHub prepares the hub of that number.
func (s *site) addHub(i int, args ...string) {
	s.t.Helper()
	h := &node{public: "127.0.0.1:" + freePort(s.t), internal: "127.0.0.1:" + freePort(s.t)}
	name := fmt.Sprint("hub", i+1)
	args = append([]string{
		"serve", "--instance=" + name, "--listen=" + h.public, "--internal-listen=" + h.internal,
		"--jwt-secret-file=" + s.dir + "/jwt-secret", "--api-key-file=" + s.dir + "/api-keys",
		"--heartbeat=1s",
	}, args...)
	h.process = newProcess(s.t, s.dir, name, hubtest.Binary(s.t), func() error { return ready(h.internal) }, args...)
	s.hubs[i] = h
}

// open starts the hubs and the load balancer.
func (s *site) open() {
	s.t.Helper()
	for _, h := range s.hubs {
		if err := h.launch(); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, h := range s.hubs {
		if err := h.await(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.address = "127.0.0.1:" + freePort(s.t)
	var config strings.Builder
	config.WriteString(strings.ReplaceAll(balancer, "ADDRESS", s.address))
	for _, h := range s.hubs {
		fmt.Fprintf(&config, "    server %s %s\n", h.name, h.public)
	}
	lb := newProcess(s.t, s.dir, "haproxy", hubtest.Tool(s.t, "haproxy", "haproxy"), listening(s.address),
		"-db", "-f", writeFile(s.t, s.dir, "haproxy.cfg", config.String()))
	if err := lb.start(); err != nil {
		s.t.Fatal(err)
	}
}

// balancer has no stickiness: a stream comes to any hub, again and again.
const balancer = `global
    nbthread 1
    maxconn 4000
    log stderr format raw local0 notice
defaults
    mode http
    log global
    option http-no-delay
    option redispatch 1
    retries 2
    timeout connect 1s
    timeout http-request 10s
    timeout queue 2s
    timeout server 30s
    timeout client 1h
frontend public
    bind ADDRESS
    default_backend hubs
backend hubs
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter 500ms fall 2 rise 1
`

// token returns what a user shows, who may read one topic.
func (s *site) token(user, topic string) string {
	s.t.Helper()
	text, err := auth.Mint(s.key, auth.Claims{User: user, Topics: []string{topic}, TTL: time.Hour})
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// ready asks a hub whether it is.
func ready(internal string) error {
	c := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get("http://" + internal + "/readyz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz: %s", resp.Status)
	}
	return nil
}
