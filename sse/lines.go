package sse

import (
	"bytes"
	"io"
)

// readSize is the size of the read buffer; keepSize is the largest buffer for
// lines longer than that which is kept for the next one.
const (
	readSize = 4 << 10
	keepSize = 64 << 10
)

// lineReader cuts a stream into lines at LF, CRLF and CR (9.2.5). A line that a
// CR ends is returned at once, without a look at whether an LF follows: it might
// not arrive before the next event. Every byte is looked at a fixed number of
// times.
type lineReader struct {
	r        io.Reader
	buf      []byte
	pos, end int    // buf[pos:end] is read and not yet cut
	lf       int    // the first LF at or after pos, end if there is none; stale if below pos
	skipLF   bool   // the last line ended with CR: an LF now belongs to it
	line     []byte // for lines that do not fit in one read
	err      error  // what the last read returned, for when buf is used up
}

// next returns the next line without its end, or ErrTooLarge if it is longer
// than limit, or the error of the reader. An unterminated line before the end
// of the stream is dropped. The line is valid until the next call.
func (l *lineReader) next(limit int) ([]byte, error) {
	line := l.line[:0]
	if cap(line) > keepSize {
		line = nil
	}
	for {
		if l.pos == l.end {
			if err := l.fill(); err != nil {
				return nil, err
			}
		}
		if l.skipLF {
			l.skipLF = false
			if l.buf[l.pos] == '\n' {
				l.pos++
				continue
			}
		}
		part, whole := l.cut()
		if len(line)+len(part) > limit {
			return nil, ErrTooLarge
		}
		if whole && len(line) == 0 {
			return part, nil
		}
		line = append(line, part...)
		l.line = line
		if whole {
			return line, nil
		}
	}
}

// cut takes the bytes up to the next line end, or all there are. It looks for
// CR only before the next LF, and remembers where that is, so that neither a
// stream of CR nor one of LF is searched twice.
func (l *lineReader) cut() (part []byte, whole bool) {
	if l.lf < l.pos {
		l.lf = l.end
		if i := bytes.IndexByte(l.buf[l.pos:l.end], '\n'); i >= 0 {
			l.lf = l.pos + i
		}
	}
	part = l.buf[l.pos:l.lf]
	if i := bytes.IndexByte(part, '\r'); i >= 0 {
		l.pos += i + 1
		l.skipLF = true
		return part[:i], true
	}
	whole = l.lf < l.end
	l.pos = min(l.lf+1, l.end)
	return part, whole
}

// fill reads once, or again if nothing came.
func (l *lineReader) fill() error {
	const maxEmptyReads = 100
	if l.buf == nil {
		l.buf = make([]byte, readSize)
	}
	for range maxEmptyReads {
		if l.err != nil {
			return l.err
		}
		var n int
		n, l.err = l.r.Read(l.buf)
		if n > 0 {
			l.pos, l.end, l.lf = 0, n, -1
			return nil
		}
	}
	return io.ErrNoProgress
}
