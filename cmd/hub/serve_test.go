package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/hub/sse"
)

func TestServe_NotificationAndBroadcast(t *testing.T) {
	h := startHub(t)
	alice, bob := h.open("alice", ""), h.open("bob", "")

	id := h.send("user/alice", "notification", `{"title":"Hi"}`)
	if ev := alice.want("notification", `{"title":"Hi"}`); ev.ID != id {
		t.Errorf("the event's id is %q, the answer's %q", ev.ID, id)
	}
	h.send("all", "systemUpdate", `{"at":"noon"}`)
	alice.want("systemUpdate", `{"at":"noon"}`)
	bob.want("systemUpdate", `{"at":"noon"}`) // and nothing of alice's before it
	h.send("topic/news", "message", `1`)
	alice.want("", `1`) // message is what an event without a type is
	bob.want("", `1`)
}

func TestServe_ResumeLosesNothing(t *testing.T) {
	h := startHub(t)
	alice := h.open("alice", "")
	last := h.send("user/alice", "n", `1`)
	alice.want("n", `1`)
	alice.body.Close()

	h.send("user/alice", "n", `2`)
	h.send("user/bob", "n", `"not hers"`)
	h.send("all", "n", `3`)

	alice = h.open("alice", last)
	alice.want("n", `2`)
	alice.want("n", `3`)
	h.send("user/alice", "n", `4`)
	alice.want("n", `4`)
}

func TestServe_RestartGivesAGap(t *testing.T) {
	h := startHub(t)
	last := h.send("user/alice", "n", `1`)
	h.signal(syscall.SIGKILL)
	h.exitCode()

	h = startHub(t)
	alice := h.open("alice", last)
	ev := alice.next()
	var gap sse.Gap
	if err := json.Unmarshal(ev.Data, &gap); ev.Name != sse.EventGap || err != nil || gap.Reason != "epoch" || gap.From != last {
		t.Errorf("got event %q %s, want a gap of reason epoch from %s", ev.Name, ev.Data, last)
	}
	h.send("user/alice", "n", `2`)
	alice.want("n", `2`)
}

func TestServe_DrainHandsClientsOver(t *testing.T) {
	h := startHub(t, "--drain-delay", "0", "--drain-window", "100ms")
	alice, bob := h.open("alice", ""), h.open("bob", "")
	h.signal(syscall.SIGTERM)
	for _, s := range []*stream{alice, bob} {
		ev := s.next()
		var bye sse.Reconnect
		if err := json.Unmarshal(ev.Data, &bye); ev.Name != sse.EventReconnect || err != nil || bye.Reason != "drain" {
			t.Errorf("got event %q %s, want reconnect", ev.Name, ev.Data)
		}
		if retry, ok := s.decoder.Retry(); !ok || retry.Milliseconds() != bye.RetryMs {
			t.Errorf("retry is %v, %v, and %d in the event", retry, ok, bye.RetryMs)
		}
		s.wantEnd()
	}
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestServe_IsUnreadyBeforeItDrains(t *testing.T) {
	h := startHub(t, "--drain-delay", "1h", "--drain-window", "0", "--shutdown-timeout", "2h")
	if code, out, errs := command(t, "healthcheck", "--url", h.internal); code != exitOK || out != "ready\n" {
		t.Errorf("healthcheck: %d %q %q", code, out, errs)
	}
	alice := h.open("alice", "")
	h.signal(syscall.SIGTERM)
	h.waitForLog(`"msg":"stopping"`)
	deadline := time.Now().Add(patience)
	for code := exitOK; code == exitOK; {
		if time.Now().After(deadline) {
			t.Fatal("the hub stays ready")
		}
		code, _, _ = command(t, "healthcheck", "--url", h.internal)
	}
	h.send("user/alice", "n", `1`) // it still takes and delivers
	alice.want("n", `1`)
	h.open("bob", "") // and still serves who has not noticed yet

	h.signal(syscall.SIGTERM)
	if code := h.exitCode(); code != exitInterrupted {
		t.Errorf("after a second signal: exit code %d", code)
	}
}

func TestServe_ShutdownHasALimit(t *testing.T) {
	h := startHub(t, "--drain-delay", "0", "--drain-window", "0", "--shutdown-timeout", "300ms")
	h.beginPost(`{"to":"all",`, 100) // never ends
	h.signal(syscall.SIGINT)
	if code := h.exitCode(); code != exitFailure || !strings.Contains(h.logged(), errShutdownTimeout.Error()) {
		t.Errorf("exit code %d", code)
	}
}

func TestServe_AddressInUse(t *testing.T) {
	h := startHub(t)
	taken := strings.TrimPrefix(h.public, "http://")
	code, _, errs := command(t, "serve", "--listen", taken, "--internal-listen", "127.0.0.1:0", "--jwt-secret-file", h.secretFile)
	if code != exitFailure || !strings.Contains(errs, "listen on "+taken) {
		t.Errorf("got code %d, %q", code, errs)
	}
}

func TestServe_LogHoldsNoSecrets(t *testing.T) {
	h := startHub(t, "--log-level", "debug", "--drain-delay", "0", "--drain-window", "0")
	token := h.token("alice")
	h.open("alice", "")
	h.send("user/alice", "n", `"data-of-alice"`)
	resp, err := http.Get(h.public + "/api/sse?ticket=secret-ticket&token=" + token)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	h.signal(syscall.SIGTERM)
	h.exitCode()
	for _, secret := range []string{testSecret, testKey, token, "secret-ticket", "data-of-alice"} {
		if strings.Contains(h.logged(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, h.logged())
		}
	}
}

func TestServe_APostUnderWayGetsItsAnswer(t *testing.T) {
	h := startHub(t, "--drain-delay", "0", "--drain-window", "0")
	body := `{"to":"all","event":"n","data":1}`
	conn := h.beginPost(body[:10], len(body))
	h.signal(syscall.SIGTERM)
	h.waitForLog(`"msg":"draining"`)
	fmt.Fprint(conn, body[10:])
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Errorf("got status %d", resp.StatusCode)
	}
	if code := h.exitCode(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// beginPost sends a message's headers and the beginning of its body.
func (h *hub) beginPost(part string, length int) net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.internal, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "POST /api/messages HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", testKey, length, part)
	h.send("all", "n", `0`) // a whole one after it, so that the hub has seen this one
	return conn
}
