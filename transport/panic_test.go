package transport

import (
	"context"
	"io"
	"testing"

	"example.org/hub/auth"
	"example.org/hub/history"
)

// panickingVerifier fails in a way that nobody foresaw.
type panickingVerifier struct{}

func (panickingVerifier) Verify(context.Context, string) (auth.Principal, error) { panic("verifier") }

type panickingPast struct{}

func (panickingPast) Prepare(context.Context, history.Query) (*history.Recalled, error) {
	panic("past")
}

// Or each panic would cost a place for good, and in the end nobody could come in.
func TestSubscribe_PanicGivesThePlaceBack(t *testing.T) {
	for name, configure := range map[string]func(*options){
		"in its handler":          func(o *options) { o.Verifier = panickingVerifier{} },
		"while it is taken over":  func(o *options) { o.Past = panickingPast{} },
		"with places for address": func(o *options) { o.Past, o.MaxPerAddress = panickingPast{}, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHub(t, configure)
			for range 2 {
				conn := dial(t, h.public)
				_, err := io.WriteString(conn, request("GET", "/api/sse?lastEventId=x-1", "", h.bearer("alice")))
				h.check(err)
				_, _ = io.ReadAll(conn) // to the end of the connection
				await(t, "the place is given back", func() bool { return h.limits.open.Load() == 0 })
			}
		})
	}
}
