package engine

import "encoding/binary"

// decoder reads the numbers of an encoded record. After the first one that
// cannot be right it is bad and reads zeros.
type decoder struct {
	rest []byte
	text string // the names that cut takes apart
	bad  bool
}

func (d *decoder) left() int { return len(d.rest) }

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.skip(n)
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.skip(n)
	return v
}

// skip drops the bytes of a number; the encoding/binary package tells by n <= 0
// that there was none.
func (d *decoder) skip(n int) {
	if n <= 0 {
		d.bad, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}

// length reads a number of bytes or of things that take at least one each, which
// therefore cannot exceed what is left. So no sum of lengths overflows.
func (d *decoder) length() int {
	n := d.uvarint()
	if d.bad || n > uint64(d.left()) {
		d.bad = true
		return 0
	}
	return int(n)
}

// lengths reads a count and as many lengths.
func (d *decoder) lengths() []int {
	n := d.length()
	if d.bad || n == 0 {
		return nil
	}
	all := make([]int, n)
	for i := range all {
		all[i] = d.length()
	}
	return all
}

// cut takes the next n bytes of the text.
func (d *decoder) cut(n int) string {
	s := d.text[:n]
	d.text = d.text[n:]
	return s
}

func total(lengths []int) int {
	sum := 0
	for _, n := range lengths {
		sum += n
	}
	return sum
}
