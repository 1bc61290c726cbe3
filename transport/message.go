package transport

import (
	"time"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

const (
	maxAddresses = 100            // of one message
	maxTTL       = 24 * time.Hour // of one message
)

// message is the JSON of one message, checked.
type message struct {
	to        []engine.Address
	event     string // "" for message
	data      []byte // compact JSON in the scratch space of its decoder
	key       string
	except    string
	slow      engine.SlowPolicy
	ttl       time.Duration
	transient bool
	trace     string // a valid traceparent that goes with the event, "" for none
}

// messageDecoder reads messages. Its scratch space is reused from one to the
// next.
type messageDecoder struct {
	maxData int
	data    []byte
}

// The fields of a message, as bits of what was seen.
const (
	seenTo = 1 << iota
	seenEvent
	seenData
	seenKey
	seenExcept
	seenSlow
	seenTTL
	seenTransient
)

// decode reads one message. The result is valid until the next call; its error
// is a *problem.
func (d *messageDecoder) decode(body []byte) (message, error) {
	var m message
	r, seen := jsonReader{src: body}, 0
	err := r.object(func(name []byte) error {
		bit, err := d.member(name, &r, &m, seen)
		seen |= bit
		return err
	})
	if err == nil {
		err = complete(seen)
	}
	return m, err
}

func complete(seen int) error {
	if seen&seenTo == 0 {
		return invalid("missing_field", "to", "to is required")
	}
	if seen&seenData == 0 {
		return invalid("missing_field", "data", "data is required; it may be null")
	}
	return nil
}

// member reads the value behind a name.
func (d *messageDecoder) member(name []byte, r *jsonReader, m *message, seen int) (bit int, err error) {
	var read func(*jsonReader, *message) error
	switch string(name) {
	case "to":
		bit, read = seenTo, readTo
	case "event":
		bit, read = seenEvent, readEvent
	case "data":
		bit, read = seenData, d.readData
	case "key":
		bit, read = seenKey, readKey
	case "except":
		bit, read = seenExcept, readExcept
	case "slow":
		bit, read = seenSlow, readSlow
	case "ttl":
		bit, read = seenTTL, readTTL
	case "transient":
		bit, read = seenTransient, readTransient
	default:
		return 0, invalid("unknown_field", clip(string(name)), "a message has no such field")
	}
	if seen&bit != 0 {
		return 0, invalid("duplicate_field", string(name), "the field is there twice")
	}
	return bit, read(r, m)
}

// traceComment begins the line that carries a traceparent. It is a comment inside
// the event's own block: no EventSource hands it out, every hub and a replay send
// it along without looking, and data stays as it was posted.
const traceComment = ": traceparent="

// record returns what the log stores of the message. It shares no memory with
// the decoder.
func (m *message) record(now time.Time) (*engine.Record, error) {
	const framing = len("event: \ndata: \n\n")
	size := framing + len(m.event) + len(m.data)
	if m.trace != "" {
		size += len(traceComment) + traceparentLen + 1
	}
	body := make([]byte, 0, size)
	if m.trace != "" {
		body = append(append(append(body, traceComment...), m.trace...), '\n')
	}
	body, err := sse.AppendEvent(body, &sse.Event{Name: m.event, Data: m.data})
	if err != nil {
		return nil, invalid("invalid_event", "event", err.Error())
	}
	return &engine.Record{
		Kind:      engine.Event,
		To:        m.to,
		Name:      m.event,
		Body:      body,
		Key:       m.key,
		Slow:      m.slow,
		Except:    m.except,
		Transient: m.transient,
		Time:      now,
		TTL:       m.ttl,
	}, nil
}
