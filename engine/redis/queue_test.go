package redis

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"example.org/hub/engine"
)

func TestTransients_KeepOrderAndTheNewest(t *testing.T) {
	q := newTransients()
	for n := range maxTransients + 10 {
		q.add(numbered(n))
	}
	got := q.take()
	if len(got) != maxTransients || q.missed() != 10 {
		t.Fatalf("%d are held, %d missed", len(got), q.missed())
	}
	for i, s := range got {
		if s.Seq != 0 || s.Record.Nonce != uint64(i+10) {
			t.Fatalf("place %d holds %+v", i, s)
		}
	}
	if len(q.news) != 1 {
		t.Error("no token")
	}
	if q.take() != nil || q.bytes != 0 {
		t.Errorf("%d bytes are left", q.bytes)
	}
}

func TestTransients_AreBoundedInBytes(t *testing.T) {
	q := newTransients()
	for n := range 40 {
		rec := numbered(n)
		rec.Body = make([]byte, 1<<20)
		q.add(rec)
	}
	if q.bytes > maxTransientBytes {
		t.Errorf("%d bytes are held", q.bytes)
	}
	got := q.take()
	if len(got) < 10 || got[len(got)-1].Record.Nonce != 39 || q.missed() != uint64(40-len(got)) {
		t.Errorf("%d are held, %d missed", len(got), q.missed())
	}
	big := numbered(0)
	big.Body = make([]byte, 2*maxTransientBytes)
	q.add(big)
	if len(q.take()) != 1 {
		t.Error("a record that is too big alone was dropped")
	}
}

func TestTail_CountsTheTransientRecordsThatItMisses(t *testing.T) {
	e := sharedServer(t).open(t, Config{})
	q := e.subscriber.listen()
	data := engine.AppendRecord(nil, numbered(1))
	for range maxTransients + 3 {
		e.subscriber.receiveRecord(data)
	}
	if n := e.Stats().DroppedTransients; n != 3 {
		t.Errorf("%d dropped, want 3", n)
	}
	e.subscriber.leave(q)
	if n := e.Stats().DroppedTransients; n != 3 {
		t.Errorf("%d dropped after the tail left, want 3", n)
	}
}

func TestBatchSize_FollowsTheSizeOfRecords(t *testing.T) {
	for _, tt := range []struct {
		name     string
		size     batchSize
		n, bytes int
		want     batchSize
	}{
		{"a full batch of small ones doubles it", 64, 64, 6400, 128},
		{"up to the limit", 600, 600, 60_000, maxBatch},
		{"a batch that is not full tells nothing", 64, 10, 1000, 64},
		{"big ones shrink it in proportion", 1000, 1000, 4 * batchBytes, 250},
		{"also when few", 1000, 8, 2 * batchBytes, 4},
		{"but never to nothing", 1, 1, 2 * batchBytes, 1},
	} {
		if got := tt.size.next(tt.n, tt.bytes); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPause_GrowsAndIsRandom(t *testing.T) {
	different := make(map[time.Duration]bool)
	for attempt := range 40 {
		limit := min(maxPause, minPause<<min(attempt+1, 10))
		for range 50 {
			d := pause(attempt)
			if d < minPause || d > limit {
				t.Fatalf("attempt %d pauses %v", attempt, d)
			}
			different[d] = true
		}
	}
	if len(different) < 1000 {
		t.Errorf("only %d different pauses", len(different))
	}
}

func TestNewEpoch_MakesPositions(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		epoch := newEpoch()
		p := engine.Position{Epoch: epoch, Seq: 1}
		if got, err := engine.ParsePosition(p.String()); err != nil || got != p || seen[epoch] {
			t.Fatalf("epoch %q: %v", epoch, err)
		}
		seen[epoch] = true
	}
}

func TestNames_AreOfOneSlotAndBounded(t *testing.T) {
	n := newNames("ns", "id")
	for _, key := range []string{n.log, n.meta, n.marks, n.transients, n.questions, n.inbox, n.usedKey("a"), n.usedKey(strings.Repeat("}{", 1<<16))} {
		if !strings.HasPrefix(key, "h:{ns:0}:") || len(key) > 40 {
			t.Errorf("key %q", key)
		}
	}
	if n.usedKey("a") == n.usedKey("A") {
		t.Error("two keys are one")
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(nil))
	f.Add((&question{inbox: "h:{a:0}:r:x", token: "t", text: []byte("x")}).encode())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := parseQuestion(b)
		r, err2 := parseReply(b)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v and %v", err, err2)
		}
		if err != nil {
			return
		}
		if q.inbox != r.token || q.token != r.hub || !bytes.Equal(q.text, r.text) {
			t.Fatalf("%+v and %+v", q, r)
		}
		again, err := parseQuestion(q.encode())
		if err != nil || again.inbox != q.inbox || again.token != q.token || !bytes.Equal(again.text, q.text) {
			t.Fatalf("%+v came back as %+v, %v", q, again, err)
		}
	})
}
