package transport

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

func TestStartup_IsForGood(t *testing.T) {
	var engine, window atomic.Bool
	check := func(name string, ok *atomic.Bool) Check {
		return Check{name, func(context.Context) error {
			if !ok.Load() {
				return errors.New("not yet: " + name)
			}
			return nil
		}}
	}
	h := newTestHub(t, func(o *options) {
		o.Startup = []Check{check("engine", &engine), check("window", &window)}
	})
	h.visit("GET", "/startupz").want(t, 503, "")
	if r := h.ask("GET", "/startupz", ""); r.status() != 503 || r.body != "not started: engine\nnot started: window\n" {
		t.Errorf("got %v %q", r.Response, r.body)
	}
	engine.Store(true)
	var answer startAnswer
	r := h.ask("GET", "/startupz?verbose=1", "")
	h.check(json.Unmarshal([]byte(r.body), &answer))
	if r.status() != 503 || answer.Started || len(answer.Checks) != 2 || !answer.Checks[0].OK || answer.Checks[1].Error != "not yet: window" {
		t.Errorf("got %d %+v", r.status(), answer)
	}
	if r := h.visit("GET", "/startupz?verbose=1"); r.status() != 503 || strings.Contains(r.body, `"error"`) {
		t.Errorf("got %v %q", r.Response, r.body)
	}

	// One after the other is not enough: they must be well at the same time.
	engine.Store(false)
	window.Store(true)
	h.visit("GET", "/startupz").want(t, 503, "")
	engine.Store(true)
	h.visit("GET", "/startupz").want(t, 200, "")
	engine.Store(false)
	window.Store(false)
	for _, target := range []string{"/startupz", "/startupz?verbose=1"} {
		h.visit("GET", target).want(t, 200, "")
		h.ask("GET", target, "").want(t, 200, "")
	}
}
