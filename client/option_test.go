package client

import (
	"testing"
	"time"
)

func TestOptions_ThatMakeNoSenseAreRefused(t *testing.T) {
	const url = "http://hub.example"
	for name, opt := range map[string]Option{
		"WithHTTPClient":   WithHTTPClient(nil),
		"WithLogger":       WithLogger(nil),
		"WithBackoff":      WithBackoff(0, time.Second),
		"WithBackoff 2":    WithBackoff(2, 1),
		"WithTimeout":      WithTimeout(0),
		"WithTopics":       WithTopics("a,b"),
		"WithEvents":       WithEvents(""),
		"WithLastEventID":  WithLastEventID("a\nb"),
		"WithIdleTimeout":  WithIdleTimeout(-1),
		"WithMaxEventSize": WithMaxEventSize(0),
		"WithAPIKey":       WithAPIKey("k"), // is for publishers
	} {
		_, err := Subscribe(t.Context(), url, opt)
		wantError(t, name, err, ErrConfig)
	}
	for name, opt := range map[string]Option{
		"WithAPIKey": WithAPIKey(""), "WithAPIKey 2": WithAPIKey("a\x00b"), "WithTopics": WithTopics("a"),
		"OnState": OnState(nil), "WithLastEventID": WithLastEventID("a"),
	} {
		_, err := NewPublisher(url, opt)
		wantError(t, name, err, ErrConfig)
	}
}

func TestURLs_ThatAreRefused(t *testing.T) {
	for _, url := range []string{"", "hub.example", "/api/sse", "ftp://hub.example", "http://", "http://a b", "localhost:8080/api/sse"} {
		_, err := Subscribe(t.Context(), url)
		wantError(t, "Subscribe "+url, err, ErrConfig)
		_, err = NewPublisher(url)
		wantError(t, "NewPublisher "+url, err, ErrConfig)
	}
}

func TestState_String(t *testing.T) {
	for s, want := range map[State]string{Connecting: "connecting", Open: "open", Waiting: "waiting", Closed: "closed"} {
		if s.String() != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
}
