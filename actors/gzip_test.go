package actors

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// inGzip asks for a stream in gzip.
func inGzip(a *Attach) { a.Gzip = true }

// attachGzip opens a stream in gzip and waits until it has begun.
func (f *fixture) attachGzip(user string, configure ...func(*Attach)) *sink {
	f.t.Helper()
	s := newSink()
	f.attachTo(s, user, append(configure, inGzip)...)
	s.waitPlain(f.t, "event: connected")
	return s
}

// plain decodes what the sink got so far, without the head. whole says that the
// stream has come to its end, with the right sum.
func (s *sink) plain(t *testing.T) (text string, whole bool) {
	t.Helper()
	body, ok := strings.CutPrefix(s.text(), "HEAD\r\n\r\n")
	if !ok || body == "" {
		return "", false
	}
	r, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	b, err := io.ReadAll(r)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("decode: %v", err)
	}
	return string(b), err == nil
}

// waitPlain is waitFor of a stream in gzip.
func (s *sink) waitPlain(t *testing.T, text string) {
	t.Helper()
	for timeout := time.After(30 * time.Second); ; {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		got, _ := s.plain(t)
		if strings.Contains(got, text) {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no %q in the last of %q", text, last(got, 500))
		}
	}
}

// eventsOf decodes the text of a stream.
func eventsOf(t *testing.T, text string) []sse.Event {
	t.Helper()
	var all []sse.Event
	for d := sse.NewDecoder(strings.NewReader(text), 1<<20); ; {
		ev, err := d.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		all = append(all, ev)
	}
}

// published cuts off what differs between two streams: their first block, and the
// goodbye.
func published(t *testing.T, text string) string {
	t.Helper()
	_, text, ok := strings.Cut(text, "\nid: ")
	if !ok {
		t.Fatalf("no position in %q", text)
	}
	text, _, _ = strings.Cut(text, "\nretry: ")
	return text
}

// feed publishes a number of events of all kinds and sizes to alice.
func (f *fixture) feed(rng *rand.Rand, count int) {
	f.t.Helper()
	to := []engine.Address{engine.User("alice"), engine.Topic("news"), engine.All}
	for i := range count {
		text := fmt.Sprintf(`{"number":%d,"pad":"%s"}`, i, strings.Repeat("lorem ipsum ", rng.IntN(1+rng.IntN(400))))
		f.counts(f.publish(&engine.Record{To: to[i%3 : i%3+1], Name: "n", Transient: i%7 == 0}, text))
	}
}

// dribble lets a sink take a few bytes at a time until it has had the text.
func (f *fixture) dribble(s *sink, rng *rand.Rand, size int) {
	for range size {
		s.allow(1 + rng.IntN(size))
		f.ping()
	}
	s.allow(-1)
}

// A stream in gzip says byte for byte what a plain one says, wherever the socket
// was full.
func TestGzip_SaysWhatAPlainStreamSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	f := newFixture(t, func(c *Config) { c.MaxQueueBytes = 16 << 20 })
	defer f.stop()
	news := func(a *Attach) { a.Topics = []string{"news"} }
	plain := f.attach("alice", news)
	packed := f.attachGzip("alice", news)
	for range 20 {
		packed.allow(rng.IntN(300))
		f.feed(rng, 10)
		f.hub.Reset(history.Gap{From: f.hub.position(f.seq), To: f.hub.position(f.seq), Reason: history.GapEpoch})
		f.dribble(packed, rng, 40)
	}
	f.to("the last", engine.User("alice"))
	plain.waitFor(t, "the last")
	packed.waitPlain(t, "the last")
	if err := f.hub.Drain(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	got, whole := packed.plain(t)
	if !whole {
		t.Error("the stream has no right end")
	}
	want := published(t, plain.text())
	if got = published(t, got); got != want {
		t.Errorf("%d bytes differ from the %d of the plain stream", len(got), len(want))
	}
	if sent := len(packed.text()); sent > len(want)/2 {
		t.Errorf("%d bytes sent for %d", sent, len(want))
	}
}

func TestGzip_Resume(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.feed(rand.New(rand.NewPCG(3, 4)), 500)
	from := func(a *Attach) { a.LastEventID, a.Topics = testEpoch+"-7", []string{"news"} }
	plain, packed := newSink(), newSink()
	f.attachTo(plain, "alice", from)
	f.attachTo(packed, "alice", from, inGzip)
	f.to("live", engine.User("alice"))
	plain.waitFor(t, "live")
	packed.waitPlain(t, "live")
	got, _ := packed.plain(t)
	if want := published(t, plain.text()); published(t, got) != want {
		t.Errorf("the replay differs from that of a plain stream of %d bytes", len(want))
	}
	if !strings.Contains(got, `"resumed":true`) {
		t.Errorf("connected: %.200q", got)
	}
}

func TestGzip_SlowConsumerGetsAGap(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxQueueBytes, c.SlowPolicy = 2000, engine.SlowGap })
	defer f.stop()
	s := f.attachGzip("alice")
	s.allow(11) // in the middle of the first
	var noise [900]byte
	for i := range 10 {
		for j := range noise {
			noise[j] = ' ' + byte(rand.IntN(90))
		}
		f.to(fmt.Sprintf("%d %s", i, noise), engine.User("alice"))
	}
	f.settle(s)
	s.allow(-1)
	s.waitPlain(t, "event: gap")
	f.to("after", engine.User("alice"))
	s.waitPlain(t, "data: after")
	text, _ := s.plain(t)
	var names []string
	for _, ev := range eventsOf(t, text)[1:] {
		if ev.Name == "gap" && !strings.Contains(string(ev.Data), `"from":"t1-2","to":"t1-10"`) {
			t.Errorf("gap %s", ev.Data)
		}
		names = append(names, ev.Name+" "+ev.ID)
	}
	want := []string{"n t1-1", "gap t1-1", "n t1-11"} // the first was partly out, the others had no room
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if err := f.hub.Drain(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if _, whole := s.plain(t); !whole {
		t.Error("the stream has no right end")
	}
}

func TestGzip_ConflateFindsTheKey(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.attachGzip("alice")
	s.allow(0)
	f.keyed("x", "", engine.SlowDefault)
	f.keyed("old", "k", engine.SlowDefault)
	f.keyed("new", "k", engine.SlowDefault)
	f.settle(s)
	s.allow(-1)
	s.waitPlain(t, "data: new\n")
	text, _ := s.plain(t)
	var got []string
	for _, ev := range eventsOf(t, text)[1:] {
		got = append(got, string(ev.Data))
	}
	if want := []string{"x", "new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every stream in gzip is sent the same bytes: nothing is compressed twice.
func TestGzip_StreamsShareTheirBlocks(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	streams := []*sink{f.attachGzip("alice"), f.attachGzip("bob"), f.attachGzip("carol")}
	entry := f.stored(&engine.Record{To: []engine.Address{engine.All}, Name: "n"}, strings.Repeat("text ", 100))
	block, before := f.window.Deflated(entry), f.window.Stats().Bytes
	f.hub.Deliver([]*history.Entry{entry})
	for i, s := range streams {
		s.waitPlain(t, "text text")
		if !bytes.Contains([]byte(s.text()), block.Bytes) {
			t.Errorf("stream %d has other bytes", i)
		}
	}
	if after := f.window.Stats().Bytes; after != before {
		t.Errorf("the window grew from %d to %d bytes", before, after)
	}
}

// One connection is what every client costs, so a word more is not free: the next
// size of Go's allocator is 16 bytes larger.
func TestConnection_SizeClass(t *testing.T) {
	if size := unsafe.Sizeof(connection{}); size > 176 {
		t.Errorf("a connection takes %d bytes", size)
	}
}
