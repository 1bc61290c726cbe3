package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.org/hub/sse"
)

const mercurePath = "/.well-known/mercure"

// mercureToken mints a token by the program.
func (h *hub) mercureToken(secretFile, flag, selector string) string {
	h.t.Helper()
	code, out, errs := command(h.t, "token", "--user", "m", flag, selector, "--jwt-secret-file", secretFile)
	if code != exitOK {
		h.t.Fatalf("hub token: %d %s", code, errs)
	}
	return strings.TrimSpace(out)
}

// updates subscribes as a browser's EventSource does: it sends the id that it saw last.
// It returns the stream and the id behind which that begins.
func (h *hub) updates(lastEventID, token string, topics ...string) (*stream, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.public+mercurePath+"?"+url.Values{"topic": topics}.Encode(), http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	if token != "" {
		req.AddCookie(&http.Cookie{Name: "mercureAuthorization", Value: token})
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		h.t.Fatalf("subscribe: status %d", resp.StatusCode)
	}
	return &stream{t: h.t, body: resp.Body, decoder: sse.NewDecoder(resp.Body, sse.DefaultMaxEventSize)}, resp.Header.Get("Last-Event-ID")
}

// update publishes and returns the id.
func (h *hub) update(secretFile, base string, form url.Values) string {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, base+mercurePath, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+h.mercureToken(secretFile, "--mercure-publish", "*"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("publish: status %d %s %v", resp.StatusCode, body, err)
	}
	return string(body)
}

// A client of the Mercure protocol sees private updates that it may see, is handed
// over when the hub stops, and goes on at the next one where it was, by the
// publisher's id or the hub's.
func TestMercure_EndToEnd(t *testing.T) {
	secret := writeFile(t, "publishers", "a secret that only publishers have")
	args := []string{
		"--mercure", "--mercure-anonymous", "--mercure-publisher-secret-file", secret,
		"--engine", "nats", "--data-dir", t.TempDir(), "--drain-delay", "0s", "--drain-window", "1s",
	}
	h := startHub(t, args...)
	const book = "https://example.com/books/{id}"
	reader := h.mercureToken(h.secretFile, "--mercure-subscribe", book)
	anyone, _ := h.updates("", "", book)
	allowed, since := h.updates("", reader, book)
	if !strings.HasPrefix(since, "#") {
		t.Errorf("the stream begins behind %q", since)
	}
	h.update(secret, h.public, url.Values{"topic": {"https://example.com/books/1"}, "data": {"secret"}, "private": {"on"}})
	id := h.update(secret, h.internal, url.Values{"topic": {"https://example.com/books/2"}, "data": {"public"}, "id": {"urn:uuid:b"}, "type": {"sold"}})
	if ev := anyone.want("sold", "public"); ev.ID != "urn:uuid:b" || id != ev.ID {
		t.Errorf("got the id %q, published as %q", ev.ID, id)
	}
	allowed.want("", "secret")
	allowed.want("sold", "public")

	private := h.update(secret, h.public, url.Values{"topic": {"https://example.com/books/3"}, "data": {"later"}, "private": {""}})
	if ev := allowed.want("", "later"); ev.ID != private {
		t.Errorf("got the id %q, want %q", ev.ID, private)
	}
	h.exit()
	anyone.wantEnd()
	allowed.wantEnd()

	h = startHub(t, args...)
	last := h.update(secret, h.public, url.Values{"topic": {"https://example.com/books/4"}, "data": {"after"}})
	for _, tt := range []struct {
		lastEventID, token, since string
		want                      []string
	}{
		{"urn:uuid:b", "", "urn:uuid:b", []string{"after"}},
		{"urn:uuid:b", reader, "urn:uuid:b", []string{"later", "after"}},
		{private, reader, private, []string{"after"}},
		{"urn:unknown", "", "earliest", []string{"public", "after"}},
	} {
		s, since := h.updates(tt.lastEventID, tt.token, book)
		if since != tt.since {
			t.Errorf("%s: the stream begins behind %q", tt.lastEventID, since)
		}
		for i, data := range tt.want {
			ev := s.next()
			if string(ev.Data) != data || (i == len(tt.want)-1 && ev.ID != last) {
				t.Errorf("%s: got %+v, want %s", tt.lastEventID, ev, data)
			}
		}
	}
	h.exit()
}

func TestMercure_FlagsThatMakeNoSense(t *testing.T) {
	f := func(complaint string, args ...string) {
		t.Helper()
		if code, _, errs := command(t, append([]string{"serve", "--dev"}, args...)...); code != exitUsage || !strings.Contains(errs, complaint) {
			t.Errorf("exit code %d, %s", code, errs)
		}
	}
	secret := writeFile(t, "publishers", "a secret that only publishers have")
	f("only with --mercure", "--mercure-anonymous")
	f("only with --mercure", "--mercure-publisher-secret-file", secret)
	f("--mercure-publisher-public-key-file: ", "--mercure", "--mercure-publisher-public-key-file", secret)
}
