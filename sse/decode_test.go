package sse

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// once gives its text in one read and fails the test if it is asked for more.
type once struct {
	t    *testing.T
	text string
}

func (o *once) Read(b []byte) (int, error) {
	if o.text == "" {
		o.t.Fatal("the decoder reads on before it hands out the event")
	}
	n := copy(b, o.text)
	o.text = o.text[n:]
	return n, nil
}

func TestDecoder_DispatchesAtOnce(t *testing.T) {
	for _, end := range []string{"\n\n", "\r\n\r\n", "\r\r", "\n\r", "\r\n\r"} {
		d := NewDecoder(&once{t, "data: a" + end}, 0)
		if ev, err := d.Next(); err != nil || string(ev.Data) != "a" {
			t.Errorf("ended by %q: got %q, %v", end, ev.Data, err)
		}
	}
}

func TestDecoder_LFAfterCRInTheNextReadIsNoLine(t *testing.T) {
	r := io.MultiReader(strings.NewReader("data: a\r"), strings.NewReader("\ndata: b\r"),
		strings.NewReader("\n\r"), strings.NewReader("\n"), strings.NewReader("\n"))
	d := NewDecoder(r, 0)
	if ev, err := d.Next(); err != nil || string(ev.Data) != "a\nb" {
		t.Errorf("got %q, %v", ev.Data, err)
	}
	if ev, err := d.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %+v, %v after the end", ev, err)
	}
}

func TestDecoder_BOMOnlyOnTheFirstLine(t *testing.T) {
	got := decodeAll(t, []byte("\uFEFF\n\uFEFFdata: a\ndata: b\n\n"), 1)
	if len(got.events) != 1 || got.events[0][1] != "b" {
		t.Errorf("got %q", got.events)
	}
}

// One U+FFFD stands for one broken sequence, as in the Encoding standard.
func TestDecoder_InvalidUTF8(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		for _, field := range []string{"data: ", "event: ", "id: "} {
			got := decodeAll(t, []byte(field+in+"\ndata\n\n"), 1).events[0]
			if have := strings.TrimSuffix(got[0]+got[1]+got[2], "\n"); !strings.HasSuffix(have, want) {
				t.Errorf("%s%q: got %q, want %q", field, in, got, want)
			}
		}
	}
	f("<\xff>", "<\uFFFD>")
	f("<\xff\xfe>", "<\uFFFD\uFFFD>")
	f("<\xe2\x82>", "<\uFFFD>")     // breaks off
	f("<\xe2\x82", "<\uFFFD")       // breaks off at the line end
	f("<\xf0\x9f\x98>", "<\uFFFD>") // breaks off after three of four
	f("<\xf0\x9f\xe2\x82\xac>", "<\uFFFD€>")
	f("<\xc0\x80>", "<\uFFFD\uFFFD>")                         // overlong
	f("<\xe0\x9f\xbf>", "<\uFFFD\uFFFD\uFFFD>")               // overlong
	f("<\xf0\x8f\xbf>", "<\uFFFD\uFFFD\uFFFD>")               // overlong
	f("<\xed\xa0\x80>", "<\uFFFD\uFFFD\uFFFD>")               // surrogate
	f("<\xf4\x90\x80>", "<\uFFFD\uFFFD\uFFFD>")               // beyond U+10FFFF
	f("<\xf5\x80>", "<\uFFFD\uFFFD>")                         // no lead byte
	f("<\x80\xbf>", "<\uFFFD\uFFFD>")                         // continuation alone
	f("<\uFFFD\uFFFF\U0010FFFF>", "<\uFFFD\uFFFF\U0010FFFF>") // all valid
}

func TestDecoder_IDOfAnUnterminatedBlockIsNotCommitted(t *testing.T) {
	d := NewDecoder(strings.NewReader("id: 1\n\nid: 2\ndata: x\n"), 0)
	if _, err := d.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	if got := d.LastEventID(); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestDecoder_SetLastEventID(t *testing.T) {
	d := NewDecoder(strings.NewReader("data: a\n\nid: 8\ndata: b\n\nid\ndata: c\n\n"), 0)
	d.SetLastEventID("7")
	for _, want := range []string{"7", "8", ""} {
		if ev, err := d.Next(); err != nil || ev.ID != want {
			t.Errorf("got %q, %v, want %q", ev.ID, err, want)
		}
	}
}

func TestDecoder_Retry(t *testing.T) {
	d := NewDecoder(strings.NewReader("retry: 250\ndata: a\n\ndata: b\n\nretry: 0\ndata: c\n\nretry: 99999999999999999999999\n"), 0)
	if _, ok := d.Retry(); ok {
		t.Error("a new stream has a reconnection time")
	}
	for _, want := range []time.Duration{250 * time.Millisecond, 0, 0} {
		if ev, err := d.Next(); err != nil || ev.Retry != want {
			t.Errorf("got %v, %v, want %v", ev.Retry, err, want)
		}
	}
	if got, ok := d.Retry(); got != 0 || !ok {
		t.Errorf("got %v, %v after retry: 0", got, ok)
	}
	_, _ = d.Next() // the line counts although its block does not end
	if got, _ := d.Retry(); got < math.MaxInt64-time.Millisecond {
		t.Errorf("got %v for more than a duration holds", got)
	}
}

func TestDecoder_BoundsWhatItHolds(t *testing.T) {
	const limit = 1000
	long := strings.Repeat("x", limit)
	for name, text := range map[string]string{
		"a data line":            "data:" + long + "\n\n",
		"an event line":          "event:" + long + "\n\n",
		"an id line":             "id:" + long + "\n\n",
		"an unknown field":       "x:" + long + "\n\n",
		"a comment":              ":" + long + "\n\n",
		"a line without an end":  long + "y",
		"lines without an end":   strings.Repeat("data: 123\n", limit),
		"empty data lines":       strings.Repeat("data\n", limit+1),
		"name and data together": "event:" + long[:600] + "\ndata:" + long[:600] + "\n\n",
		"U+FFFD":                 "data:" + strings.Repeat("\xff", limit/2) + "\n\n",
	} {
		for _, size := range []int{0, 1} {
			d := NewDecoder(inReadsOf([]byte("id: 7\n\n"+text), size), limit)
			for range 2 {
				if ev, err := d.Next(); !errors.Is(err, ErrTooLarge) {
					t.Errorf("%s: got %d bytes, %v", name, len(ev.Data), err)
				}
			}
			if got := d.LastEventID(); got != "7" {
				t.Errorf("%s: last event id %q", name, got)
			}
		}
	}
}

func TestDecoder_TakesWhatIsWithinTheBound(t *testing.T) {
	const limit = 1000
	block := "data:" + strings.Repeat("x", limit-5) + "\n\n" + strings.Repeat(": hb\n", limit) + "\n"
	d := NewDecoder(strings.NewReader(strings.Repeat(block, 3)), limit)
	for range 3 {
		if ev, err := d.Next(); err != nil || len(ev.Data) != limit-5 {
			t.Errorf("got %d bytes, %v", len(ev.Data), err)
		}
	}
}

// Quadratic work would take this test from milliseconds to minutes.
func TestDecoder_LinearTime(t *testing.T) {
	const n = 4 << 20
	f := func(text string, size, want int) {
		t.Helper()
		if got := decodeAll(t, []byte(text), size); len(got.events) != want {
			t.Errorf("got %d events, want %d", len(got.events), want)
		}
	}
	f("data:"+strings.Repeat("x", n)+"\n\n", 1, 1)
	f(strings.Repeat("data\r", n/8)+"\r", 0, 1)
	f(strings.Repeat("data\n", n/8)+"\n", 0, 1)
	f(strings.Repeat("\r", n)+strings.Repeat("\n", n), 0, 0)
}

func TestDecoder_ReaderErrors(t *testing.T) {
	boom := errors.New("boom")
	d := NewDecoder(io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(boom)), 0)
	if ev, err := d.Next(); err != nil || string(ev.Data) != "a" {
		t.Errorf("got %q, %v", ev.Data, err)
	}
	for range 2 {
		if _, err := d.Next(); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
	}
	d = NewDecoder(iotest.DataErrReader(strings.NewReader("data: a\n\n")), 0)
	if ev, err := d.Next(); err != nil || string(ev.Data) != "a" {
		t.Errorf("data with the end: got %q, %v", ev.Data, err)
	}
	if _, err := NewDecoder(emptyReader{}, 0).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("no progress: got %v", err)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

func TestDecoder_EventsOwnTheirData(t *testing.T) {
	d := NewDecoder(strings.NewReader("data: first\n\ndata: other\n\n"), 0)
	first, _ := d.Next()
	kept := bytes.Clone(first.Data)
	if _, err := d.Next(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Data, kept) {
		t.Errorf("the first event became %q", first.Data)
	}
}
