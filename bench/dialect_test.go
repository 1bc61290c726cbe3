package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"example.org/hub/bench/swarm"
)

func testUsers() *users { return &users{apiKey: "key", tokens: []string{"t0", "t1"}} }

func TestPublishRequest_IsAnHTTPRequestWithAMessage(t *testing.T) {
	request := testUsers().publishRequest("127.0.0.1:81", toUser, 200, swarm.AppendData)
	f := func(target int, wantTo string) {
		t.Helper()
		raw := request(nil, swarm.Message{Target: target, Stamp: swarm.Stamp{Slot: 1, Seq: 2, Intended: 3, Sent: 4}})
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		var msg struct {
			To, Event string
			Data      json.RawMessage
		}
		if err := json.Unmarshal(body, &msg); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if req.Method != http.MethodPost || req.URL.Path != publishPath || req.Host != "127.0.0.1:81" || req.Header.Get("X-Api-Key") != "key" {
			t.Errorf("got %s %s, host %s, header %v", req.Method, req.URL, req.Host, req.Header)
		}
		if msg.To != wantTo || msg.Event != "bench" || len(msg.Data) != 200 {
			t.Errorf("got to %q, event %q, %d bytes of data, want to %q", msg.To, msg.Event, len(msg.Data), wantTo)
		}
		if st, ok := swarm.ParseStamp(msg.Data); !ok || st.Seq != 2 {
			t.Errorf("stamp %+v, %v", st, ok)
		}
	}
	f(-1, "all")
	f(12345, "user/u12345")
}

func TestStreamRequest_IsAnHTTPRequestWithAToken(t *testing.T) {
	raw := testUsers().streamRequest("127.0.0.1:80", streamKind{})(nil, 1, nil)
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if req.URL.Path != streamPath || req.Header.Get("Authorization") != "Bearer t1" || req.Header.Get("Accept") != "text/event-stream" {
		t.Errorf("got %s, %v", req.URL, req.Header)
	}
	if got := bearerToken(raw); string(got) != "t1" {
		t.Errorf("bearerToken = %q, want t1", got)
	}
}

func TestStreamRequest_NamesTheTopicOfTheUser(t *testing.T) {
	raw := testUsers().streamRequest("x", streamKind{perTopic: 1})(nil, 1, []byte("e-7"))
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if req.URL.RawQuery != "topics=t1" || req.Header.Get("Last-Event-ID") != "e-7" {
		t.Errorf("query %q, header %v", req.URL.RawQuery, req.Header)
	}
	line, _, _ := bytes.Cut(raw, []byte("\r\n"))
	if got := topicOf(line); got != toTopic+"1" {
		t.Errorf("topicOf(%q) = %q", line, got)
	}
}

func TestParseMessage(t *testing.T) {
	f := func(body, wantUser, wantData string, wantOK bool) {
		t.Helper()
		user, data, ok := parseMessage([]byte(body))
		if string(user) != wantUser || string(data) != wantData || ok != wantOK {
			t.Errorf("parseMessage(%s) = %q, %q, %v", body, user, data, ok)
		}
	}
	f(`{"to":"user/u1","event":"bench","data":{"a":1}}`, "user/u1", `{"a":1}`, true)
	f(`{"to":"all","event":"bench","data":{}}`, "", `{}`, true)
	f(`{"to":"all","event":"other","data":{}}`, "", "", false)
	f(`{"to":"all","event":"bench","data":`, "", "", false)
	f(`{}`, "", "", false)
}
