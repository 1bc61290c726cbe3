package swarm

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

const chunkedBody = "5\r\nhello\r\n1;ext=1\r\n \r\n00a\r\nworld\r\nbye\r\n0\r\n\r\n"

func TestDechunker_TakesTheCodingOffInAnyPieces(t *testing.T) {
	const want = "hello world\r\nbye"
	for size := 1; size <= len(chunkedBody); size++ {
		var d dechunker
		var got []byte
		for p := []byte(chunkedBody); len(p) > 0; {
			piece := bytes.Clone(p[:min(size, len(p))])
			n, err := d.strip(piece)
			got = append(got, piece[:n]...)
			p = p[len(piece):]
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
		}
		if string(got) != want || d.state != chunkLast {
			t.Errorf("pieces of %d: got %q, want %q", size, got, want)
		}
	}
}

func TestDechunker_RefusesMalformedBodies(t *testing.T) {
	f := func(body string) {
		t.Helper()
		var d dechunker
		if _, err := d.strip([]byte(body)); !errors.Is(err, errChunk) {
			t.Errorf("strip(%q): %v, want %v", body, err, errChunk)
		}
	}
	f("x\r\n")
	f("\r\n")
	f("-1\r\n")
	f("fffffffff\r\n")
	f("ffffffff\r\n")
	f("1\r\nab")
}
