package splice

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// event is a frame of about size bytes, as services send them.
func event(size int) []byte {
	var b bytes.Buffer
	b.WriteString("id: 0toyqtmmthkn-12345\nevent: notification\ndata: [")
	for i := 0; b.Len() < size; i++ {
		item, err := json.Marshal(map[string]any{"id": 1000 + i*7919%5000, "title": fmt.Sprintf("Report %d is ready", i*31)})
		if err != nil {
			panic(err)
		}
		b.Write(append(item, ','))
	}
	return append(b.Bytes()[:max(size-2, 0)], "\n\n"...)
}

// noise does not compress.
func noise(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

var errWait = errors.New("nothing more has been sent")

// wire is a connection on which nothing more comes, but the stream is not over.
type wire struct{ bytes.Buffer }

func (w *wire) Read(p []byte) (int, error) {
	if w.Len() == 0 {
		return 0, errWait
	}
	return w.Buffer.Read(p) //nolint:wrapcheck // passed through
}

// What was sent must be readable before anything else is, or events would come
// one behind. This fails if a stored block has no flush behind it.
func TestBlock_IsWholeForDecodersAtOnce(t *testing.T) {
	var w wire
	w.Write(Begin(nil, []byte("retry: 1\n\n")).Bytes)
	r, err := gzip.NewReader(iotest.OneByteReader(&w))
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte("retry: 1\n\n")
	for i := range 300 {
		got := make([]byte, len(plain))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("block %d: got %q, %v, want %q", i, got, err, plain)
		}
		plain = event(rand.IntN(5000))
		b := Deflate(plain)
		if i%3 == 0 {
			b = Store(plain)
		}
		w.Write(b.Bytes)
	}
}

func TestDeflate_IsNeverLongerThanStored(t *testing.T) {
	for size := range 400 {
		for _, plain := range [][]byte{event(size), noise(size)} {
			if got, stored := Deflate(plain), Store(plain); len(got.Bytes) > len(stored.Bytes) {
				t.Errorf("%d bytes: %d compressed, %d stored", len(plain), len(got.Bytes), len(stored.Bytes))
			}
		}
	}
	for _, size := range []int{60 << 10, maxStored, maxStored + 1, 300 << 10} {
		if got := len(Deflate(noise(size)).Bytes); got > storedSize(size) {
			t.Errorf("%d bytes of noise: %d", size, got)
		}
	}
	if got := len(Deflate(event(1024)).Bytes); got > 512 {
		t.Errorf("an event of 1 KB takes %d bytes", got)
	}
}

// The same blocks, in any order and number, are a whole gzip stream.
func FuzzStream(f *testing.F) {
	f.Add([]byte("id: e-1\ndata: x\n\n"), uint64(1))
	f.Add(event(3000), uint64(2))
	f.Add([]byte{}, uint64(3))
	f.Fuzz(checkStream)
}

// A stored block holds 65,535 bytes, so a longer frame is several.
func TestStream_OfLongFrames(t *testing.T) {
	checkStream(t, noise(200<<10), 4)
}

func checkStream(t *testing.T, text []byte, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	var blocks []*Block
	for rest := text; len(blocks) < 6; {
		n := rng.IntN(len(rest) + 1)
		blocks = append(blocks, Store(rest[:n]), Deflate(rest[n:]))
		rest = rest[n:]
	}
	var sum Sum
	first := Begin([]byte("HEAD"), text)
	sum.Add(first)
	sent, plain := bytes.Clone(first.Bytes), bytes.Clone(text)
	for range 12 {
		b := blocks[rng.IntN(len(blocks))]
		sum.Add(b)
		sent, plain = append(sent, b.Bytes...), append(plain, b.plain...)
	}
	sent = sum.AppendEnd(sent)
	body, ok := bytes.CutPrefix(sent, []byte("HEAD"))
	if !ok {
		t.Fatal("no head")
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%d bytes instead of %d, %v", len(got), len(plain), err)
	}
}

func TestTwin_IsMadeOnce(t *testing.T) {
	plain := event(20_000)
	for range 20 {
		var twin Twin
		var made atomic.Int32
		var all sync.WaitGroup
		blocks := make([]*Block, 8)
		start := make(chan struct{})
		for i := range blocks {
			all.Go(func() {
				<-start
				b, mine := twin.Of(plain)
				if mine {
					made.Add(1)
				}
				blocks[i] = b
			})
		}
		close(start)
		all.Wait()
		for _, b := range blocks {
			if b == nil || b != blocks[0] {
				t.Fatal("not the same block for all")
			}
		}
		if made.Load() != 1 {
			t.Fatalf("made %d times", made.Load())
		}
	}
}

func TestSum_OfAnEmptyStream(t *testing.T) {
	var sum Sum
	r, err := gzip.NewReader(strings.NewReader(header + string(sum.AppendEnd(nil))))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

func BenchmarkDeflate(b *testing.B) {
	for _, size := range []int{60, 200, 1024, 4096, 16384} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			plain := event(size)
			var block *Block
			for b.Loop() {
				block = Deflate(plain)
			}
			b.ReportMetric(float64(len(block.Bytes)), "bytes")
		})
	}
}

func BenchmarkSum_Add(b *testing.B) {
	for _, size := range []int{200, 1024, 4096} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			block := Store(event(size))
			var sum Sum
			for b.Loop() {
				sum.Add(block)
			}
		})
	}
}
