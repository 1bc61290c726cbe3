package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kept is a connection to the internal listener that was there before.
type kept struct {
	t    *testing.T
	conn net.Conn
	br   *bufio.Reader
}

func (k *kept) ask(method, target, body string) (status int, answer string) {
	k.t.Helper()
	_ = k.conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(k.conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, target, testKey, len(body), body)
	resp, err := http.ReadResponse(k.br, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// readyWith waits until a check of readiness passes, or does not.
func (k *kept) readyWith(name string, ok bool) {
	k.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var got struct {
			Checks []struct {
				Name string
				OK   bool
			}
		}
		_, text := k.ask("GET", "/readyz?verbose=1", "")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			k.t.Fatal(err)
		}
		for _, check := range got.Checks {
			if check.Name == name && check.OK == ok {
				return
			}
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("want %s to be %v: %s", name, ok, text)
		}
	}
}

// A hub that has no descriptor left serves those whom it has, says that it is not
// ready, and takes others again when there are some.
func TestServe_OutlivesTheEndOfDescriptors(t *testing.T) {
	h := startHub(t)
	alice := h.open("alice", "")
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.internal, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	internal := &kept{t: t, conn: conn, br: bufio.NewReader(conn)}
	internal.readyWith("descriptors", true)

	used, err := openDescriptors("/proc/" + strconv.Itoa(h.cmd.Process.Pid) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: uint64(used) + 20, Max: 4096}
	if err := unix.Prlimit(h.cmd.Process.Pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Fatal(err)
	}
	flood := make([]net.Conn, 100)
	for i := range flood {
		if flood[i], err = net.Dial("tcp", strings.TrimPrefix(h.public, "http://")); err != nil {
			t.Fatal(err)
		}
		defer flood[i].Close()
		fmt.Fprintf(flood[i], "GET /api/sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", h.token("bob"))
	}
	internal.readyWith("descriptors", false)
	if status, text := internal.ask("GET", "/livez", ""); status != http.StatusOK {
		t.Errorf("livez: %d %s", status, text)
	}
	if status, text := internal.ask("POST", "/api/messages", `{"to":"user/alice","event":"n","data":1}`); status != http.StatusAccepted {
		t.Errorf("POST: %d %s", status, text)
	}
	alice.want("n", "1")

	for _, c := range flood {
		c.Close()
	}
	internal.readyWith("descriptors", true)
	carol := h.open("carol", "")
	h.send("all", "n", "2")
	carol.want("n", "2")
	alice.want("n", "2")
	if got := h.metric("hub_http_panics_total"); got != "0" {
		t.Errorf("%s panics", got)
	}
}
