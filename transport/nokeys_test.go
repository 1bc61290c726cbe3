package transport

import (
	"context"
	"strings"
	"testing"

	"example.org/hub/auth"
)

// keylessVerifier has keys that it could not fetch.
type keylessVerifier struct{}

func (keylessVerifier) Verify(context.Context, string) (auth.Principal, error) {
	return auth.Principal{}, auth.ErrKeysUnavailable
}

// A native client that is told 401 gives up, and its token may be good.
func TestSubscribe_TokensThatCannotBeCheckedAreNotBad(t *testing.T) {
	h := newTestHub(t, func(o *options) { o.Verifier = keylessVerifier{} })
	token := "Authorization: Bearer x.y.z"
	if r := h.visit("GET", "/api/sse", token); r.status() != 200 || !strings.HasPrefix(r.body, "retry: ") || !r.Close {
		t.Errorf("a native client got %d %q", r.status(), r.body)
	}
	for _, r := range []*response{
		h.visit("GET", "/api/sse", token, "X-SSE-Client: test"), h.visit("POST", "/api/sse/ticket", token), h.ask("GET", "/api/stats", "", token),
	} {
		r.want(t, 503, "keys_unavailable")
		if r.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if n := h.counter(`hub_auth_failures_total{reason="keys_unavailable"}`); n != "4" {
		t.Errorf("%s of 4 are counted", n)
	}
	if n := h.counter(`hub_connect_rejected_total{reason="unavailable"}`); n != "2" {
		t.Errorf("%s of 2 streams are counted", n)
	}
}
