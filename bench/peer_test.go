package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.org/hub/bench/swarm"
)

// The shipped files are read whole: a slip in one is found here, also in those
// whose servers are not run.
func TestTargetFiles_MakeHTTPRequests(t *testing.T) {
	for _, name := range []string{"hub", "nchan", "pushpin", "centrifugo", "mercure"} {
		f, err := loadPeer(name)
		if err != nil {
			t.Fatal(err)
		}
		e := testEnvironment(t, f.Name)
		e.StartHub = "hub"
		p := &peer{peerFile: f, ports: map[string]netip.AddrPort{}}
		value := p.values(t.TempDir(), e)
		for file, text := range f.Files {
			if _, err := expand(text, value); err != nil {
				t.Errorf("%s: %s: %v", name, file, err)
			}
		}
		r, err := newPeerRequests(f, e.users, value)
		if err != nil {
			t.Fatal(err)
		}
		stream := r.streamRequest(streamKind{private: true})(nil, 7, nil)
		if _, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(stream))); err != nil || bytes.Contains(stream, []byte("[[")) {
			t.Errorf("%s: stream: %v in %q", name, err, stream)
		}
		raw := r.publishRequest(true, 200, swarm.AppendData)(nil, swarm.Message{Target: 3, Stamp: swarm.Stamp{Seq: 9}})
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatalf("%s: publish: %v in %q", name, err, raw)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || bytes.Contains(raw, []byte("[[")) || !bytes.Contains(append([]byte(req.URL.Path), body...), []byte("t3")) {
			t.Errorf("%s: publish: %v in %q", name, err, raw)
		}
	}
}

func TestParsePeer_NamesWhatIsWrong(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := parsePeer([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	const start = "start: [{command: [x]}]\n"
	f("name: x", "start: missing")
	f("name: x\nstart: [{}]", "command: missing")
	f("nam: x", "field nam not found")
	f(start+"name: hub", `"hub" is taken`)
	f(start+"name: x", "subscribe.path: missing")
}

func TestExpand_RefusesAnUnknownName(t *testing.T) {
	_, err := expand("a [[what]]", func(string) (string, bool) { return "", false })
	if err == nil || !strings.Contains(err.Error(), "[[what]]") {
		t.Errorf("error %v", err)
	}
	if _, err := compileTemplate("[[token]]", "n"); err == nil {
		t.Error("no error for a name that has no meaning there")
	}
}

func TestProcessTree_HasTheChildrenOfChildren(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 60 & wait")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	var tree []int
	if err := waitFor(t.Context(), 10*time.Second, func() bool {
		tree = processTree(cmd.Process.Pid)
		return len(tree) == 2
	}); err != nil || len(tree) != 2 || parentOf(tree[1]) != cmd.Process.Pid {
		t.Errorf("tree %v, error %v", tree, err)
	}
	for _, pid := range tree {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill()
		}
	}
	_ = cmd.Wait()
}

func TestParseParent_SkipsAnyName(t *testing.T) {
	if got := parseParent([]byte("12 (a) b (c) S 34 5")); got != 34 {
		t.Errorf("got %d, want 34", got)
	}
	if got := parseParent([]byte("12")); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}

func TestPeers_RunBesideTheFloor(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("no nginx")
	}
	if _, err := os.Stat("/usr/lib/nginx/modules/ngx_nchan_module.so"); err != nil {
		t.Skip("no nchan: make peers installs it")
	}
	for _, s := range []scenario{
		&fanoutScenario{Events: 5, Depth: []int{1}},
		&unicastScenario{Publishers: 4, For: 100 * time.Millisecond, Rate: 100},
		&topicsScenario{Subscribers: 5, unicastScenario: unicastScenario{Publishers: 4, For: 100 * time.Millisecond, Rate: 100}},
	} {
		e := testEnvironment(t, "nchan")
		e.Peers = []string{"nchan"}
		out, err := s.run(t.Context(), e)
		if err != nil || len(out.failures) > 0 {
			t.Errorf("%T: %v, %+v", s, err, out)
		}
	}
}

func TestOptions_APeerMayGetFewerStreams(t *testing.T) {
	o := &options{Conns: 5000, Peers: []string{"nchan", "pushpin"}}
	for target, want := range map[string]int{targetHub: 5000, "nchan": 5000, "pushpin": 1000} {
		if got := o.optionsOf(target).Conns; got != want {
			t.Errorf("%s: %d streams, want %d", target, got, want)
		}
	}
	o.Conns = 500
	if got := o.optionsOf("pushpin").Conns; got != 500 {
		t.Errorf("%d streams, want what is asked for", got)
	}
}
