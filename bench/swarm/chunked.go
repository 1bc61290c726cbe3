package swarm

import (
	"errors"
	"io"
)

// errChunk is returned for a body that breaks the chunked coding (RFC 9112 7.1).
var errChunk = errors.New("malformed chunked body")

// maxChunk bounds the size that a chunk may announce.
const maxChunk = 1 << 30

// dechunker takes the chunked coding off a body that arrives in pieces. Its zero
// value is at the start of a body. All of its state fits into eight bytes,
// because every reader has one.
type dechunker struct {
	state  chunkState
	digits uint8
	remain uint32
}

type chunkState uint8

const (
	chunkSize    chunkState = iota // in the size line's digits
	chunkSizeEnd                   // in an extension or at the size line's CR LF
	chunkData                      // in the data, remain bytes of it are left
	chunkDataEnd                   // at the CR LF behind the data
	chunkLast                      // behind the last chunk; trailers are not read
)

// strip moves the data in p to its front and returns how much that is. Behind
// the last chunk it returns io.EOF.
func (d *dechunker) strip(p []byte) (n int, err error) {
	for i := 0; i < len(p); {
		if d.state == chunkData {
			k := min(int(d.remain), len(p)-i)
			copy(p[n:], p[i:i+k])
			n, i, d.remain = n+k, i+k, d.remain-uint32(k)
			if d.remain == 0 {
				d.state = chunkDataEnd
			}
			continue
		}
		if err := d.next(p[i]); err != nil {
			return n, err
		}
		if d.state == chunkLast {
			return n, io.EOF
		}
		i++
	}
	return n, nil
}

// next takes one byte outside the data.
func (d *dechunker) next(c byte) error {
	switch d.state {
	case chunkSize:
		return d.size(c)
	case chunkSizeEnd:
		if c == '\n' {
			d.state = chunkData
			if d.remain == 0 {
				d.state = chunkLast
			}
		}
	case chunkDataEnd:
		switch c {
		case '\r':
		case '\n':
			*d = dechunker{}
		default:
			return errChunk
		}
	case chunkData, chunkLast:
	}
	return nil
}

func (d *dechunker) size(c byte) error {
	switch {
	case c >= '0' && c <= '9':
		c -= '0'
	case c >= 'a' && c <= 'f':
		c -= 'a' - 10
	case c >= 'A' && c <= 'F':
		c -= 'A' - 10
	case d.digits > 0 && (c == '\r' || c == '\n' || c == ';' || c == ' '):
		d.state = chunkSizeEnd
		return d.next(c)
	default:
		return errChunk
	}
	d.remain = d.remain<<4 | uint32(c)
	if d.digits++; d.digits > 8 || d.remain > maxChunk {
		return errChunk
	}
	return nil
}
