package swarm

import (
	"errors"
	"testing"
)

func TestCutResponse(t *testing.T) {
	const whole = "HTTP/1.1 202 Accepted\r\nContent-Type: x\r\ncontent-length:  3 \r\n\r\nabc"
	for n := range len(whole) {
		if _, got, err := cutResponse([]byte(whole[:n])); got != 0 || err != nil {
			t.Fatalf("%d bytes: length %d, %v, want incomplete", n, got, err)
		}
	}
	status, n, err := cutResponse([]byte(whole + "HTTP"))
	if status != 202 || n != len(whole) || err != nil {
		t.Errorf("got %d, %d, %v, want 202, %d", status, n, err, len(whole))
	}
}

func TestCutResponse_RefusesWhatItCannotMeasure(t *testing.T) {
	f := func(response string) {
		t.Helper()
		if _, _, err := cutResponse([]byte(response)); !errors.Is(err, errHead) {
			t.Errorf("cutResponse(%q): %v, want %v", response, err, errHead)
		}
	}
	f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	f("HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n")
	f("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
	f("HTTP/1.1 2x0 OK\r\n\r\n")
	f("HTTP/2 200\r\n\r\n")
}
