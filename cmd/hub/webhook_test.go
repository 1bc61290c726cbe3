package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is a service that gets webhooks.
type receiver struct {
	*httptest.Server

	mu  sync.Mutex
	got []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		type event struct{ Type, UserID, Instance string }
		var one struct {
			event
			Events []event
		}
		if err := json.Unmarshal(body, &one); err != nil || req.Header.Get("Webhook-Signature") == "" {
			t.Errorf("got %s, %v", body, err)
		}
		all := one.Events
		if one.Type != "batch" {
			all = append(all, one.event)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range all {
			r.got = append(r.got, req.URL.Path+":"+strings.TrimPrefix(e.Type, "user.")+":"+e.UserID+"@"+e.Instance)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.got, " ")
}

// args start a hub that tells the receiver, and says by the path who it is.
func (r *receiver) args(t *testing.T, name string) []string {
	t.Helper()
	return []string{
		"--webhook-url", r.URL + "/" + name, "--webhook-secret-file", writeFile(t, "webhook", "a secret of twenty-four bytes"),
		"--webhook-debounce", "50ms", // less than a user may set
	}
}

// Package webhook tests what happens when hubs come, die and are cut off, in time
// that costs nothing. This is that the hub's parts are put together for it.
func TestWebhook_TheFirstHubTellsAndTheNextTakesOver(t *testing.T) {
	r := newReceiver(t)
	c := newTestCluster(t)
	a, b := c.start("a", r.args(t, "a")...), c.start("b", r.args(t, "b")...)
	want := ""
	told := func(event string) {
		t.Helper()
		want = strings.TrimSpace(want + " " + event)
		eventually(t, event, func() bool { return len(r.text()) >= len(want) })
		if got := r.text(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	alice := b.open("alice", "")
	told("/a:online:alice@b")
	_ = alice.body.Close()
	told("/a:offline:alice@b")
	a.open("bob", "")
	told("/a:online:bob@a")
	a.stop()
	told("/b:offline:bob@a")
	b.open("carol", "")
	told("/b:online:carol@b")
}

func TestSettings_Webhook(t *testing.T) {
	secret, short := writeFile(t, "s", strings.Repeat("s", 24)), writeFile(t, "t", "short")
	for _, tt := range []struct {
		s    settings
		want string
	}{
		{settings{}, ""},
		{settings{WebhookURL: "https://x.example/h", WebhookSecretFile: secret, WebhookDebounce: time.Second}, ""},
		{settings{WebhookURL: "https://x.example/h"}, "go together"},
		{settings{WebhookSecretFile: secret}, "go together"},
		{settings{WebhookURL: "x.example/hidden", WebhookSecretFile: secret, WebhookDebounce: time.Second}, "--webhook-url: want"},
		{settings{WebhookURL: "https://x.example", WebhookSecretFile: short, WebhookDebounce: time.Second}, "at least 24 bytes"},
		{settings{WebhookURL: "https://x.example", WebhookSecretFile: secret, WebhookDebounce: 1}, "at least 1s"},
	} {
		err := tt.s.checkWebhook()
		if (err == nil) != (tt.want == "") || (err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hidden"))) {
			t.Errorf("%+v: %v, want %q", tt.s, err, tt.want)
		}
	}
}
