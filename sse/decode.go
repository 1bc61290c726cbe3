package sse

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"time"
)

// DefaultMaxEventSize is the bound on one event where none is given, in bytes.
const DefaultMaxEventSize = 16 << 20

// ErrTooLarge is returned by Decoder.Next for an event over the bound. The
// stream cannot be read further: reconnect with LastEventID.
var ErrTooLarge = errors.New("event too large")

var bom = []byte("\uFEFF")

// Decoder reads the events of one response (9.2.5, 9.2.6). It takes time
// proportional to the bytes it reads, however they are cut into reads, and
// memory proportional to the largest event.
type Decoder struct {
	lines    lineReader
	limit    int
	comment  func(text string) // nil for nobody
	position func(id string)   // nil for nobody
	inside   bool              // past the first line, the only one that may start with a BOM
	err      error

	// The block that is being read.
	data       []byte // every data line with an LF after it
	name       string
	blockRetry time.Duration
	id         string
	hasID      bool

	// What lasts from block to block.
	lastID   string
	retry    time.Duration
	hasRetry bool
}

// NewDecoder returns a decoder of the response body r. maxEventSize bounds the
// bytes of one event, unfinished lines and comments included; 0 stands for
// DefaultMaxEventSize.
func NewDecoder(r io.Reader, maxEventSize int) *Decoder {
	if maxEventSize <= 0 {
		maxEventSize = DefaultMaxEventSize
	}
	return &Decoder{lines: lineReader{r: r}, limit: maxEventSize}
}

// Next returns the next event. It returns io.EOF at the end of the stream, where
// an event without its blank line is dropped, ErrTooLarge for an event over the
// bound, and otherwise what the reader returned. An error is final.
func (d *Decoder) Next() (Event, error) {
	for d.err == nil {
		line, err := d.lines.next(d.limit - d.held())
		if err != nil {
			d.err = err
			break
		}
		if !d.inside {
			d.inside = true
			line = bytes.TrimPrefix(line, bom)
		}
		if len(line) == 0 {
			if ev, ok := d.dispatch(); ok {
				return ev, nil
			}
			continue
		}
		d.field(line)
		if d.held() > d.limit { // U+FFFD is longer than what it stands for
			d.err = ErrTooLarge
		}
	}
	return Event{}, d.err
}

// LastEventID is what to send as Last-Event-ID when the stream ends now: the id
// of the last finished block that had one.
func (d *Decoder) LastEventID() string { return d.lastID }

// SetLastEventID sets the id that events have until the stream sends one. A
// client sets it to that of the response before: the id buffer outlives
// connections (9.2.4).
func (d *Decoder) SetLastEventID(id string) { d.lastID = id }

// Retry returns the reconnection time that the stream last asked for, and
// whether it did.
func (d *Decoder) Retry() (time.Duration, bool) { return d.retry, d.hasRetry }

// held is what the unfinished block occupies.
func (d *Decoder) held() int { return len(d.data) + len(d.name) + len(d.id) }

// OnComment makes Next call f with the text of every comment line.
func (d *Decoder) OnComment(f func(text string)) { d.comment = f }

// OnPosition makes Next call f with the id of every block that has one and is no
// event: the stream has moved on by as much.
func (d *Decoder) OnPosition(f func(id string)) { d.position = f }

// field takes in one line that is not blank. A comment is a field without a name.
func (d *Decoder) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "":
		if d.comment != nil {
			d.comment(string(validUTF8(value)))
		}
	case "data":
		value = validUTF8(value)
		d.data = append(append(slices.Grow(d.data, len(value)+1), value...), '\n')
	case "event":
		d.name = string(validUTF8(value))
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			d.id, d.hasID = string(validUTF8(value)), true
		}
	case "retry":
		if ms, ok := parseDigits(value); ok {
			d.blockRetry = time.Duration(ms) * time.Millisecond
			d.retry, d.hasRetry = d.blockRetry, true
		}
	}
}

// dispatch ends a block. Without data there is no event, but the id counts.
func (d *Decoder) dispatch() (Event, bool) {
	if d.hasID {
		d.lastID = d.id
		if len(d.data) == 0 && d.position != nil {
			d.position(d.lastID)
		}
	}
	ev := Event{ID: d.lastID, Name: d.name, Data: d.data, Retry: d.blockRetry}
	d.data, d.name, d.blockRetry, d.id, d.hasID = nil, "", 0, "", false
	if len(ev.Data) == 0 {
		return Event{}, false
	}
	ev.Data = ev.Data[:len(ev.Data)-1]
	if ev.Name == EventMessage {
		ev.Name = ""
	}
	return ev, true
}

// parseDigits reads milliseconds in ASCII digits and nothing else. What a
// duration cannot hold becomes the longest it can.
func parseDigits(s []byte) (ms int64, ok bool) {
	const longest = math.MaxInt64 / int64(time.Millisecond)
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		ms = min(ms*10+int64(c-'0'), longest)
	}
	return ms, len(s) > 0
}
