package swarm

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
)

// errGzip is returned for a body that is not gzip, or not in whole frames.
var errGzip = errors.New("malformed gzip body")

const (
	gzipHeader = "\x1f\x8b\x08\x00" // deflate, without name or time; six bytes more follow
	gzipHead   = 10
	flushMark  = "\x00\x00\xff\xff" // the end of a flush
	finalBlock = "\x01\x00\x00\xff\xff"
)

// inflater takes gzip off streams whose server flushes behind each frame and
// never refers to an earlier one. Then a stream is cut at the flushes, and a piece
// that many readers get is inflated once: each of them is still compared with
// it byte by byte. A stream from any other compressor does not pass.
type inflater struct {
	known map[string][]byte // plain text by piece
	src   io.Reader
}

// keepPieces is how many pieces are remembered: more than there are events on
// their way at once.
const keepPieces = 256

// cut takes the first piece off p and returns its plain text and its length, 0 if
// it is incomplete.
func (f *inflater) cut(p []byte) (plain []byte, n int, err error) {
	for n = 0; ; {
		at := bytes.Index(p[n:], []byte(flushMark))
		if at < 0 {
			return nil, 0, nil
		}
		n += at + len(flushMark)
		plain, err := f.inflate(p[:n])
		if err == nil || len(p)-n > maxFrame {
			return plain, n, err
		}
		// The mark can stand in a piece by chance: it ends at a later one.
	}
}

func (f *inflater) inflate(piece []byte) ([]byte, error) {
	if plain, ok := f.known[string(piece)]; ok {
		return plain, nil
	}
	in := io.MultiReader(bytes.NewReader(piece), strings.NewReader(finalBlock))
	if f.src == nil {
		f.src = flate.NewReader(in)
	} else if err := f.src.(flate.Resetter).Reset(in, nil); err != nil {
		return nil, err //nolint:wrapcheck // never fails
	}
	plain, err := io.ReadAll(f.src)
	if err != nil {
		return nil, errGzip
	}
	if len(f.known) >= keepPieces || f.known == nil {
		f.known = make(map[string][]byte, keepPieces)
	}
	f.known[string(piece)] = plain
	return plain, nil
}

// feedGzip is feed for a body in gzip.
func (d *decoder) feedGzip(p []byte, f *inflater, frame frameFunc) (left []byte, err error) {
	if !d.begun {
		if len(p) < gzipHead {
			return p, nil
		}
		if !bytes.HasPrefix(p, []byte(gzipHeader)) {
			return p, errGzip
		}
		d.begun, p = true, p[gzipHead:]
	}
	for {
		plain, n, err := f.cut(p)
		if err != nil {
			return p, err
		}
		if n == 0 {
			break
		}
		p = p[n:]
		for len(plain) > 0 {
			n := cutFrame(plain, frame)
			if n == 0 {
				return p, errGzip // a frame that is not whole
			}
			plain = plain[n:]
		}
	}
	if len(p) > maxFrame {
		return p, errFrame
	}
	return p, nil
}
