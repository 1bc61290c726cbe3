package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// While the hub that a client comes to is cut off, it cannot know that nothing is
// lost, and must not tell of a gap. The client is asked to come back.
func TestCluster_AHubThatIsCutOffTellsThoseAheadOfItOfNoGap(t *testing.T) {
	c := newTestCluster(t)
	a, b := c.start("a"), c.start("b")
	b.log.fail(true)
	eventually(t, "b is cut off", func() bool { return !b.node.events.Up() })
	last := a.send("user/alice", "n", "1")
	if status, body := b.resume("alice", last, "X-SSE-Client: test"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"behind"`) {
		t.Errorf("one of ours got %d %q", status, body)
	}
	if status, body := b.resume("alice", last); status != http.StatusOK || !strings.HasPrefix(body, "retry: ") || strings.Contains(body, "event") {
		t.Errorf("a native client got %d %q", status, body)
	}
	b.log.fail(false)
	eventually(t, "b is back", b.node.events.Up)
	stream := b.open("alice", last) // which waits for the hub to catch up
	a.send("user/alice", "n", "2")
	stream.want("n", "2")
}

// resume asks for a stream that is not to begin.
func (m *member) resume(user, lastEventID string, headers ...string) (status int, body string) {
	m.t.Helper()
	req, err := http.NewRequest(http.MethodGet, m.public+"/api/sse", nil)
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.token(user))
	req.Header.Set("Last-Event-ID", lastEventID)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
