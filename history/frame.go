package history

import (
	"strconv"

	"example.org/hub/engine"
)

// maxSeqLen is the length of the longest Seq in decimal.
const maxSeqLen = len("18446744073709551615")

// newEntry encodes a record for delivery. Control records have no frame. That of
// a transient one has no id line, so it is the record's own body.
func newEntry(epoch string, s engine.Stored) *Entry {
	e := &Entry{Seq: s.Seq, Record: s.Record}
	switch {
	case s.Record.Kind != engine.Event:
	case s.Seq == 0:
		e.Frame = s.Record.Body
	default:
		e.Frame = frame(epoch, s.Seq, s.Record.Body)
	}
	return e
}

// frame puts the id line before a body.
func frame(epoch string, seq uint64, body []byte) []byte {
	var digits [maxSeqLen]byte
	num := strconv.AppendUint(digits[:0], seq, 10)
	b := make([]byte, 0, len("id: -\n")+len(epoch)+len(num)+len(body))
	b = append(b, "id: "...)
	b = append(b, epoch...)
	b = append(b, '-')
	b = append(b, num...)
	b = append(b, '\n')
	return append(b, body...)
}
