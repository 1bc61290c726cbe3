package transport

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func (h *testHub) ready(verbose bool) (int, readyAnswer) {
	h.tb.Helper()
	target := "/readyz"
	if verbose {
		target += "?verbose=1"
	}
	r := h.ask("GET", target, "")
	var answer readyAnswer
	if verbose {
		h.check(json.Unmarshal([]byte(r.body), &answer))
	}
	return r.status(), answer
}

func TestProbes_BothListeners(t *testing.T) {
	h := newTestHub(t)
	for _, target := range []string{"/livez", "/readyz", "/startupz"} {
		for _, r := range []*response{h.visit("GET", target), h.ask("GET", target, "")} {
			if r.status() != 200 || r.body != "ok\n" || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v %q", target, r.Response, r.body)
			}
		}
		if r := h.visit("HEAD", target); r.status() != 200 || r.body != "" {
			t.Errorf("HEAD %s: %v", target, r.Response)
		}
	}
	status, answer := h.ready(true)
	if status != 200 || !answer.Ready || len(answer.Checks) != 3 {
		t.Errorf("got %d %+v", status, answer)
	}
}

func TestProbes_NotReady(t *testing.T) {
	for _, tt := range []struct {
		name   string
		check  string
		change func(*options)
		fill   bool
	}{
		{"draining", "draining", func(o *options) {
			o.around = func(tree Hub) Hub { return &drainingHub{Hub: tree, draining: true} }
		}, false},
		{"all connections taken", "connections", func(o *options) { o.MaxConnections = 1 }, true},
		{"another part's check", "engine", func(o *options) {
			o.Checks = []Check{{"engine", func(context.Context) error { return errors.New("no route to the engine") }}}
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newTestHub(t, tt.change)
			if tt.fill {
				h.open("/api/sse", h.bearer("alice"))
			}
			status, answer := h.ready(true)
			if status != 503 || answer.Ready {
				t.Errorf("got %d %+v", status, answer)
			}
			for _, c := range answer.Checks {
				if c.OK == (c.Name == tt.check) || (c.Error == "") != c.OK {
					t.Errorf("check %+v", c)
				}
			}
			if r := h.visit("GET", "/readyz"); r.status() != 503 || r.body != "not ready: "+tt.check+"\n" {
				t.Errorf("got %v %q", r.Response, r.body)
			}
			// What is wrong in here is nobody's business out there.
			if r := h.visit("GET", "/readyz?verbose=1"); r.status() != 503 || strings.Contains(r.body, `"error"`) {
				t.Errorf("got %v %q", r.Response, r.body)
			}
			// A restart would heal none of these.
			h.visit("GET", "/livez").want(t, 200, "")
		})
	}
}
