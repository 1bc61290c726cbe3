package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Shards is how many logs the records are spread over. Engines that outlive the
// process keep it beside the log and refuse to start when it differs: with
// another number the same address would be looked for in another log.
const Shards = 1

// ErrBadRecord is wrapped by the errors of ParseRecord. An engine counts such a
// record and goes on with the next: reading it again would not make it better.
var ErrBadRecord = errors.New("not a record")

// codecVersion is the first byte of every encoded record.
const codecVersion = 1

// The bits of the third byte. Those that have no name yet are zero.
const (
	flagTransient = 1 << iota
	flagSlowLow
	flagSlowHigh
	flagCounted
	flagPublic
	flagID

	slowShift = 1
	slowBits  = flagSlowLow | flagSlowHigh
	knownBits = flagTransient | slowBits | flagCounted | flagPublic | flagID
)

// AppendRecord appends the encoded form of r to dst, for engines that store
// bytes. Times are kept to the microsecond.
//
//	version kind flags time ttl origin nonce           1 byte each, then varints
//	len(body) len(name) len(key) len(except) count(to) varints
//	len(to[i])..                                       varints
//	len(id)                                            varint, only with flagID
//	name key except to.. id body                       bytes
func AppendRecord(dst []byte, r *Record) []byte {
	flags := byte(r.Slow) << slowShift & slowBits
	if r.Transient {
		flags |= flagTransient
	}
	if r.Counted {
		flags |= flagCounted
	}
	if r.Public {
		flags |= flagPublic
	}
	if r.ID != "" {
		flags |= flagID
	}
	dst = append(dst, codecVersion, byte(r.Kind), flags)
	dst = binary.AppendVarint(dst, r.Time.UnixMicro())
	dst = binary.AppendVarint(dst, int64(r.TTL))
	dst = binary.AppendUvarint(dst, r.Origin)
	dst = binary.AppendUvarint(dst, r.Nonce)
	for _, n := range [...]int{len(r.Body), len(r.Name), len(r.Key), len(r.Except), len(r.To)} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	for _, a := range r.To {
		dst = binary.AppendUvarint(dst, uint64(len(a)))
	}
	if r.ID != "" {
		dst = binary.AppendUvarint(dst, uint64(len(r.ID)))
	}
	dst = append(dst, r.Name...)
	dst = append(dst, r.Key...)
	dst = append(dst, r.Except...)
	for _, a := range r.To {
		dst = append(dst, a...)
	}
	dst = append(dst, r.ID...)
	return append(dst, r.Body...)
}

// ParseRecord reads what AppendRecord wrote, and nothing before or behind it.
// The record's Body is a part of b, which the caller leaves alone from then on.
// It takes no more memory than a small multiple of len(b). A kind that this
// version does not know is kept as it is. All errors wrap ErrBadRecord.
func ParseRecord(b []byte) (*Record, error) {
	if len(b) < 3 {
		return nil, fmt.Errorf("%w: %d bytes", ErrBadRecord, len(b))
	}
	if b[0] != codecVersion {
		return nil, fmt.Errorf("%w: version %d", ErrBadRecord, b[0])
	}
	if b[2]&^knownBits != 0 {
		return nil, fmt.Errorf("%w: flags %#x", ErrBadRecord, b[2])
	}
	r := &Record{
		Kind:      Kind(b[1]),
		Slow:      SlowPolicy(b[2] & slowBits >> slowShift),
		Transient: b[2]&flagTransient != 0,
		Counted:   b[2]&flagCounted != 0,
		Public:    b[2]&flagPublic != 0,
	}
	d := decoder{rest: b[3:]}
	r.Time = time.UnixMicro(d.varint())
	r.TTL = time.Duration(d.varint())
	r.Origin, r.Nonce = d.uvarint(), d.uvarint()
	body, name, key, except := d.length(), d.length(), d.length(), d.length()
	to := d.lengths()
	id := 0
	if b[2]&flagID != 0 {
		id = d.length()
		d.bad = d.bad || id == 0 // each record has one encoding
	}
	if d.bad || d.left() != body+name+key+except+total(to)+id {
		return nil, fmt.Errorf("%w: lengths do not match %d bytes", ErrBadRecord, len(b))
	}
	d.text = string(d.rest[:d.left()-body]) // one allocation for all names
	r.Name, r.Key, r.Except = d.cut(name), d.cut(key), d.cut(except)
	if len(to) > 0 {
		r.To = make([]Address, len(to))
		for i, n := range to {
			r.To[i] = Address(d.cut(n))
		}
	}
	r.ID = d.cut(id)
	r.Body = d.rest[d.left()-body:]
	return r, nil
}
