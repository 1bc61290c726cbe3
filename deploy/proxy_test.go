package deploy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
	"example.org/hub/sse"
)

// site is three hubs that share a log, with room for a load balancer before
// them. Its addresses are loopback's, of a network of its own, so that the
// samples' ports can stay.
type site struct {
	net  string // "127.x.y."
	dir  string
	keys keys
	hubs map[string]*hub // by instance
}

func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := &site{
		net:  fmt.Sprintf("127.%d.%d.", 64+mathrand.IntN(128), mathrand.IntN(256)),
		dir:  t.TempDir(),
		keys: newKeys(t),
		hubs: map[string]*hub{},
	}
	redis := s.net + "200"
	s.run(t, redis+":6379", hubtest.Tool(t, "redis-server", "redis-server"),
		"--bind", redis, "--port", "6379", "--save", "", "--appendonly", "no", "--dir", s.dir)
	for i := 1; i <= 3; i++ {
		name, host := fmt.Sprintf("hub%d", i), fmt.Sprint(s.net, i)
		s.hubs[name] = startHub(t, s.keys, append(args, "--instance="+name, "--engine=redis://"+redis,
			"--listen="+host+":8080", "--internal-listen="+host+":8081", "--trusted-proxy=127.0.0.0/8")...)
	}
	s.certificate(t)
	return s
}

// run starts a program that listens, and waits until it does.
func (s *site) run(t *testing.T, addr, name string, args ...string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its workers too
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("output of %s:\n%s", filepath.Base(name), out.String())
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", filepath.Base(name), err)
		}
	}
}

// certificate writes hub.crt, hub.key and both in hub.pem.
func (s *site) certificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hub"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pk := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	writeFile(t, s.dir, "hub.crt", crt)
	writeFile(t, s.dir, "hub.key", pk)
	writeFile(t, s.dir, "hub.pem", append(crt, pk...))
}

func TestNginx(t *testing.T) {
	s := newSite(t)
	s.check(t, s.nginx(t))
}

// nginx starts it with the sample, in which more is replaced.
func (s *site) nginx(t *testing.T, replace ...string) (front string) {
	t.Helper()
	nginx := hubtest.Tool(t, "nginx", "nginx-light")
	front = s.net + "100:8443"
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "\n    %s_temp_path %s/%s;", kind, s.dir, kind)
	}
	config := writeFile(t, s.dir, "nginx.conf", sample(t, "nginx/nginx.conf", append(replace,
		"10.0.0.", s.net, "listen 443 ", "listen "+front+" ",
		"/etc/nginx/tls/", s.dir+"/", "/var/log/nginx/", s.dir+"/", "/run/nginx.pid", s.dir+"/nginx.pid",
		"http {", "http {"+temp.String(),
		"worker_processes auto", "worker_processes 1", // it reserves 100 MB a process for the sample's
		"worker_connections 262144", "worker_connections 512", "worker_rlimit_nofile 1048576;", "")...))
	early := filepath.Join(s.dir, "early.log")
	mustRun(t, nginx, "-t", "-e", early, "-c", config)
	s.run(t, front, nginx, "-e", early, "-c", config, "-g", "daemon off;")
	return "https://" + front
}

func TestHAProxy(t *testing.T) {
	s := newSite(t)
	s.check(t, s.haproxy(t))
}

// haproxy starts it with the sample, in which more is replaced.
func (s *site) haproxy(t *testing.T, replace ...string) (front string) {
	t.Helper()
	haproxy := hubtest.Tool(t, "haproxy", "haproxy")
	front = s.net + "100:8443"
	config := writeFile(t, s.dir, "haproxy.cfg", sample(t, "haproxy/haproxy.cfg", append(replace,
		"10.0.0.", s.net, "bind :443 ", "bind "+front+" ", "/etc/haproxy/", s.dir+"/",
		"maxconn 500000", "maxconn 200", "maxconn 200000", "maxconn 100")...)) // for which there are descriptors
	mustRun(t, haproxy, "-c", "-f", config)
	s.run(t, front, haproxy, "-db", "-f", config)
	return "https://" + front
}

// TestProxies_LetMercureThrough does what a comment in each sample says.
func TestProxies_LetMercureThrough(t *testing.T) {
	for name, start := range map[string]func(*site) string{
		"nginx": func(s *site) string {
			return s.nginx(t, "        location /api/ {\n", "", "# With --mercure: ", "")
		},
		"HAProxy": func(s *site) string {
			return s.haproxy(t, "    http-request deny deny_status 404 unless { path_beg /api/ }\n", "",
				"# With --mercure: ", "http-request deny deny_status 404 ")
		},
	} {
		s := newSite(t, "--mercure")
		front := start(s)
		for path, want := range map[string]int{
			"/.well-known/mercure?topic=x": 401, "/api/sse": 401, "/.well-known/mercure/more": 404, "/metrics": 404,
		} {
			if status := s.status(t, front+path); status != want {
				t.Errorf("%s: GET %s: status %d, want %d", name, path, status, want)
			}
		}
	}
}

// check holds what a load balancer must do: let events through at once, from
// whichever hub they were posted to, and let clients resume at another hub.
func (s *site) check(t *testing.T, front string) {
	t.Helper()
	for _, path := range []string{"/", "/readyz", "/metrics", "/debug/pprof/", "/.well-known/mercure"} {
		if status := s.status(t, front+path); status != 404 {
			t.Errorf("GET %s: status %d, and it is nobody's business out there", path, status)
		}
	}
	st := s.open(t, front, "")
	if presence := s.other(st.hub).ask(t, "GET", "/api/users/alice", ""); strings.Contains(presence, "203.0.113.9") {
		t.Errorf("the client's own X-Forwarded-For is believed: %s", presence)
	}
	s.post(t, s.other(st.hub), "all", "1")
	last := st.want("1")

	// A hub crashes. What was posted meanwhile comes from another one.
	crashed := s.take(st.hub)
	_ = crashed.cmd.Process.Kill()
	st.wantEnd()
	s.post(t, s.other(""), "user/alice", "2")
	s.post(t, s.other(""), "all", "3")
	st = s.open(t, front, last)
	st.want("2")
	st.want("3")
	s.post(t, s.other(st.hub), "all", "4")
	last = st.want("4")

	// A hub is stopped in good order, and says goodbye through the proxy.
	stopped := s.take(st.hub)
	if err := stopped.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if ev := st.next(); ev.Name != sse.EventReconnect {
		t.Errorf("got event %q, want the goodbye", ev.Name)
	}
	st.wantEnd()
	<-stopped.exited
	s.post(t, s.other(""), "all", "5")
	s.open(t, front, last).want("5")
}

// other returns a hub that is not the named one, if there is another.
func (s *site) other(name string) *hub {
	var found *hub
	for instance, h := range s.hubs {
		if found = h; instance != name {
			return h
		}
	}
	return found
}

// take removes a hub from those that are up.
func (s *site) take(name string) *hub {
	h := s.hubs[name]
	delete(s.hubs, name)
	return h
}

func (s *site) post(t *testing.T, h *hub, to, data string) {
	t.Helper()
	h.ask(t, "POST", "/api/messages", fmt.Sprintf(`{"to":%q,"event":"n","data":%s}`, to, data))
}

// clientTLS trusts the certificate of the test, whatever its names.
var clientTLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // its key is the test's own
