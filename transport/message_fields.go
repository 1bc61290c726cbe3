package transport

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

// The readers of the fields of a message: each reads the value behind its name
// and checks all that can be said without the others.

func readTo(r *jsonReader, m *message) error {
	if r.space() != '[' {
		return readAddress(r, m)
	}
	if err := r.array("to", func(r *jsonReader) error { return readAddress(r, m) }); err != nil {
		return err
	}
	if len(m.to) == 0 {
		return invalid("invalid_address", "to", "to names no actor")
	}
	return nil
}

// readAddress adds an address, once.
func readAddress(r *jsonReader, m *message) error {
	text, err := readString(r, "to")
	if err != nil {
		return err
	}
	to, err := engine.ParseAddress(text)
	if err != nil {
		return invalid("invalid_address", "to", err.Error())
	}
	if slices.Contains(m.to, to) {
		return nil
	}
	if len(m.to) == maxAddresses {
		return invalid("too_many_addresses", "to", "to names more than "+strconv.Itoa(maxAddresses)+" actors")
	}
	m.to = append(m.to, to)
	return nil
}

func readEvent(r *jsonReader, m *message) error {
	name, err := readString(r, "event")
	if err != nil {
		return err
	}
	if err := sse.ValidName(name); err != nil {
		return invalid("invalid_event", "event", err.Error())
	}
	if sse.Reserved(name) {
		return invalid("reserved_event", "event", "events of this name are the hub's own")
	}
	if name != sse.EventMessage {
		m.event = name
	}
	return nil
}

func (d *messageDecoder) readData(r *jsonReader, m *message) error {
	var err error
	if d.data, err = r.compact(d.data[:0]); err != nil {
		return invalidJSON("data", err)
	}
	if len(d.data) > d.maxData {
		return dataTooLarge(len(d.data), d.maxData)
	}
	m.data = d.data
	return nil
}

func dataTooLarge(size, limit int) *problem {
	return &problem{
		status: fasthttp.StatusRequestEntityTooLarge, code: "data_too_large", field: "data",
		message: fmt.Sprintf("data has %d bytes, the limit is %d", size, limit),
	}
}

func readKey(r *jsonReader, m *message) (err error) {
	m.key, err = readName(r, "key")
	return err
}

func readExcept(r *jsonReader, m *message) (err error) {
	m.except, err = readName(r, "except")
	return err
}

func readSlow(r *jsonReader, m *message) error {
	text, err := readString(r, "slow")
	if err != nil {
		return err
	}
	switch text {
	case "conflate":
		m.slow = engine.SlowConflate
	case "gap":
		m.slow = engine.SlowGap
	case "disconnect":
		m.slow = engine.SlowDisconnect
	default:
		return invalid("invalid_slow", "slow", "slow is conflate, gap or disconnect")
	}
	return nil
}

func readTTL(r *jsonReader, m *message) error {
	seconds, ok := readNumber(r)
	if !ok {
		return invalid("invalid_ttl", "ttl", "ttl is a number of seconds")
	}
	if seconds <= 0 || seconds > maxTTL.Seconds() {
		return invalid("invalid_ttl", "ttl", "ttl is more than 0 and at most 86400 seconds")
	}
	m.ttl = max(time.Duration(seconds*float64(time.Second)), 1)
	return nil
}

// readNumber reads a number. One that is too large for a float64 is infinite.
func readNumber(r *jsonReader) (n float64, ok bool) {
	r.space()
	start := r.pos
	if start == len(r.src) || r.number() != nil {
		return 0, false
	}
	n, _ = strconv.ParseFloat(string(r.src[start:r.pos]), 64) // fails for what is out of range only
	return n, true
}

func readTransient(r *jsonReader, m *message) (err error) {
	m.transient, err = readBool(r, "transient")
	return err
}

func readBool(r *jsonReader, field string) (bool, error) {
	switch r.space() {
	case 't':
		return true, jsonError(field, r.literal("true"))
	case 'f':
		return false, jsonError(field, r.literal("false"))
	}
	return false, invalid("invalid_type", field, field+" is true or false")
}

// readName reads a string that engine.ValidName accepts.
func readName(r *jsonReader, field string) (string, error) {
	name, err := readString(r, field)
	if err != nil {
		return "", err
	}
	if engine.ValidName(name) != nil {
		return "", invalid("invalid_"+field, field, field+" has 1 to 256 bytes without control characters")
	}
	return name, nil
}

func readString(r *jsonReader, field string) (string, error) {
	if c := r.space(); c != '"' && r.pos < len(r.src) {
		return "", invalid("invalid_type", field, field+" is a string")
	}
	text, err := r.str()
	if err != nil {
		return "", invalidJSON(field, err)
	}
	return string(text), nil
}

func jsonError(field string, err error) error {
	if err == nil {
		return nil
	}
	return invalidJSON(field, err)
}

func invalidJSON(field string, err error) *problem {
	code := "invalid_json"
	switch {
	case errors.Is(err, errJSONUTF8), errors.Is(err, errJSONSurrogate):
		code = "invalid_utf8"
	case errors.Is(err, errJSONDepth):
		code = "json_too_deep"
	}
	return invalid(code, field, err.Error())
}

// clip keeps what a client sent from filling answers and logs.
func clip(s string) string {
	const longest = 64
	if len(s) > longest {
		return strings.ToValidUTF8(s[:longest], "") + "..."
	}
	return s
}
