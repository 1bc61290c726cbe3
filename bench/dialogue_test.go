package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.org/hub/bench/swarm"
)

// These tests talk to the baselines by hand, to see that they are honest servers
// and not only right for the generator.

// dialogue is a connection to a baseline.
type dialogue struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func talk(t *testing.T, s *server) *dialogue {
	t.Helper()
	conn, err := net.Dial("tcp", s.public.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &dialogue{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// send writes text in pieces, each a packet of its own as far as TCP allows.
func (d *dialogue) send(text string, piece int) {
	d.t.Helper()
	for text != "" {
		n := min(piece, len(text))
		if _, err := io.WriteString(d.conn, text[:n]); err != nil {
			d.t.Fatal(err)
		}
		text = text[n:]
	}
}

func (d *dialogue) response() *http.Response {
	d.t.Helper()
	resp, err := http.ReadResponse(d.in, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp
}

// subscribe opens a stream, and returns its body behind the first event.
func subscribe(t *testing.T, s *server, user string, piece int) *bufio.Reader {
	t.Helper()
	d := talk(t, s)
	token := signToken([]byte("any"), user, "", time.Now())
	d.send("GET /api/sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\n\r\n", piece)
	resp := d.response()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("status %d, type %s", resp.StatusCode, got)
	}
	body := bufio.NewReader(resp.Body)
	if got := event(t, body); got != streamHello {
		t.Fatalf("first event %q, want %q", got, streamHello)
	}
	return body
}

// event reads up to and with the next blank line.
func event(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(line)
		if line == "\n" {
			return b.String()
		}
	}
}

// publish sends an event with a sequence number and returns the answer's status.
func (d *dialogue) publish(to, seq, piece int) int {
	d.t.Helper()
	u := &users{apiKey: "k"}
	d.send(string(u.publishRequest("x", toUser, 100, swarm.AppendData)(nil, swarm.Message{Target: to, Stamp: swarm.Stamp{Seq: uint32(seq)}})), piece)
	resp := d.response()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode
}

// startBoth starts both baselines.
func startBoth(t *testing.T) []*server {
	t.Helper()
	var both []*server
	for _, name := range []string{targetFloor, targetPlain} {
		s, err := startBaseline(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.stop)
		both = append(both, s)
	}
	return both
}

// wantEvent checks the next event of a stream.
func wantEvent(t *testing.T, r *bufio.Reader, seq int) {
	t.Helper()
	got := event(t, r)
	if want := fmt.Sprintf(`data: {"bench":[0,%d,0,0]`, seq); !strings.Contains(got, want) || !strings.Contains(got, "event: bench\n") {
		t.Errorf("got %q, want it to have %q", got, want)
	}
}

func TestBaselines_SendEachMessageToWhomItIsFor(t *testing.T) {
	for _, s := range startBoth(t) {
		t.Run(s.name, func(t *testing.T) {
			alice, bob := subscribe(t, s, "u1", 1<<20), subscribe(t, s, "u2", 7) // the second one's request comes in pieces
			pub := talk(t, s)
			for i, step := range []struct{ to, piece int }{{1, 1 << 20}, {2, 5}, {-1, 1 << 20}, {99, 1 << 20}, {-1, 11}} {
				if got := pub.publish(step.to, i, step.piece); got != http.StatusAccepted {
					t.Fatalf("message %d: status %d", i, got)
				}
			}
			wantEvent(t, alice, 0)
			wantEvent(t, alice, 2)
			wantEvent(t, alice, 4)
			wantEvent(t, bob, 1)
			wantEvent(t, bob, 2)
			wantEvent(t, bob, 4)
		})
	}
}

func TestBaselines_RefuseWhatTheyDoNotUnderstand(t *testing.T) {
	for _, s := range startBoth(t) {
		t.Run(s.name, func(t *testing.T) {
			d := talk(t, s)
			d.send("POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 1<<20)
			if got := d.response().StatusCode; got != http.StatusBadRequest {
				t.Errorf("an unknown message: status %d, want 400", got)
			}
			if got := d.publish(1, 1, 1<<20); got != http.StatusAccepted {
				t.Errorf("on the same connection afterwards: status %d, want 202", got)
			}
			d = talk(t, s)
			d.send("GET /api/sse HTTP/1.1\r\nHost: x\r\n\r\n", 1<<20)
			if got := d.response().StatusCode; got/100 != 4 {
				t.Errorf("no token: status %d, want a refusal", got)
			}
		})
	}
}

func TestBaselines_OutliveStreamsThatGo(t *testing.T) {
	for _, s := range startBoth(t) {
		t.Run(s.name, func(t *testing.T) {
			for i := range 10 {
				d := talk(t, s)
				d.send("GET /api/sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+signToken(nil, userName(i), "", time.Now())+"\r\n\r\n", 1<<20)
				d.response()
				if err := d.conn.Close(); err != nil {
					t.Fatal(err)
				}
			}
			stays := subscribe(t, s, "u3", 1<<20)
			pub := talk(t, s)
			for i := range 5 {
				if got := pub.publish(-1, i, 1<<20); got != http.StatusAccepted {
					t.Fatalf("broadcast %d: status %d", i, got)
				}
				wantEvent(t, stays, i)
			}
			if got := pub.publish(3, 9, 1<<20); got != http.StatusAccepted {
				t.Fatalf("status %d", got)
			}
			wantEvent(t, stays, 9)
		})
	}
}
