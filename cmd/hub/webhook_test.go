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
			r.got = append(r.got, strings.TrimPrefix(e.Type, "user.")+":"+e.UserID+"@"+e.Instance)
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

// args start a hub that tells the receiver.
func (r *receiver) args(t *testing.T) []string {
	t.Helper()
	return []string{
		"--webhook-url", r.URL, "--webhook-secret-file", writeFile(t, "webhook", "a secret of twenty-four bytes"),
		"--webhook-debounce", "1500ms",
	}
}

// quiet is longer than anything may take to be told.
const quiet = 3 * time.Second

func TestWebhook_OneHubTellsAndAReconnectIsNothing(t *testing.T) {
	r := newReceiver(t)
	c := newTestCluster(t)
	args := r.args(t)
	a, b, d := c.start("a", args...), c.start("b", args...), c.start("d", args...)
	first := d.open("alice", "")
	eventually(t, "alice is online", func() bool { return r.text() == "online:alice@d" })
	_ = first.body.Close()
	second := b.open("alice", "") // at another hub, in time
	_ = second.body.Close()
	third := a.open("alice", "")
	time.Sleep(quiet)
	if got := r.text(); got != "online:alice@d" {
		t.Errorf("after reconnects: %s", got)
	}
	_ = third.body.Close()
	eventually(t, "alice is offline", func() bool { return r.text() == "online:alice@d offline:alice@a" })
	time.Sleep(quiet)
	if got := r.text(); got != "online:alice@d offline:alice@a" {
		t.Errorf("told more than once: %s", got)
	}
}

// The hub that dies is the one that would have told.
func TestWebhook_UsersOfAHubThatDiesGoOfflineOnce(t *testing.T) {
	r := newReceiver(t)
	c := newTestCluster(t)
	args := r.args(t)
	a := c.start("a", args...)
	c.start("b", args...)
	c.start("d", args...)
	a.open("alice", "")
	bob := a.open("bob", "")
	eventually(t, "both are online", func() bool { return len(r.text()) == len("online:alice@a online:bob@a") })
	time.Sleep(2 * time.Second) // the others know that it is told
	_ = bob.body.Close()
	a.log.fail(true)                  // it renews its lease no more, and says nothing
	a.node.webhook.Close(t.Context()) // it is dead
	a.node.webhook = nil              // and is not closed again
	time.Sleep(time.Second)           // bob's end is not known to others
	leases, err := c.engine.Leases(t.Context())
	if err != nil || leases[0].Hub != "a" {
		t.Fatalf("leases %v, %v", leases, err)
	}
	if err := c.engine.Withdraw(t.Context(), leases[0]); err != nil { // as if it had run out
		t.Fatal(err)
	}
	defer func() { t.Log(r.text()) }()
	eventually(t, "both are offline", func() bool { return strings.Count(r.text(), "offline:") == 2 })
	time.Sleep(quiet)
	if got := r.text(); strings.Count(got, "offline:alice@a") != 1 || strings.Count(got, "offline:bob@a") != 1 || strings.Count(got, ":") != 4 {
		t.Errorf("got %s", got)
	}
}

func TestWebhook_AHubThatComesLaterRepeatsNothing(t *testing.T) {
	r := newReceiver(t)
	c := newTestCluster(t)
	args := r.args(t)
	b := c.start("b", args...)
	b.open("alice", "")
	eventually(t, "alice is online", func() bool { return r.text() == "online:alice@b" })
	a := c.start("a", args...) // its name comes first: it tells from now on
	bob := b.open("bob", "")
	eventually(t, "bob is online", func() bool { return r.text() == "online:alice@b online:bob@b" })
	_ = bob.body.Close()
	eventually(t, "bob is offline", func() bool { return strings.HasSuffix(r.text(), " offline:bob@b") })
	a.stop()
	b.open("carol", "")
	eventually(t, "carol is online", func() bool { return strings.Contains(r.text(), "carol") })
	if got := r.text(); got != "online:alice@b online:bob@b offline:bob@b online:carol@b" {
		t.Errorf("got %s", got)
	}
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
