package swarm

import (
	"bytes"
	"errors"
	"fmt"
)

// maxFrame bounds one event, and the response head, in bytes.
const maxFrame = 64 << 10

// errFrame is returned for an event or a head that is longer than maxFrame.
var errFrame = errors.New("frame too long")

// statusError is returned for a response that is no stream. Its value is the
// HTTP status.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// frameFunc takes the fields of an event; those that it lacks are empty.
type frameFunc func(id, name, data []byte)

// decoder reads one response in the pieces in which it arrives: the head, then
// events. It takes out only what a load test needs and keeps no buffer.
type decoder struct {
	inBody  bool
	chunked bool
	chunks  dechunker
	gzip    bool
	begun   bool // the gzip header is behind
}

// feed reads p, whose first kept bytes are what the previous call left over, and
// calls frame with the id, the name and the data of every complete event; one
// that has only some of them is passed on as well, comments alone are not. It
// returns what belongs to an incomplete frame, a part of p, and io.EOF behind
// the last chunk of a chunked body.
func (d *decoder) feed(p []byte, kept int, f *inflater, frame frameFunc) (left []byte, err error) {
	if !d.inBody {
		n, err := d.head(p)
		if err != nil || n == 0 {
			return p, err
		}
		p, kept = p[n:], 0
	}
	if d.chunked {
		var n int
		n, err = d.chunks.strip(p[kept:])
		p = p[:kept+n] // what came before an error still counts
	}
	if d.gzip {
		left, gerr := d.feedGzip(p, f, frame)
		return left, errors.Join(err, gerr)
	}
	for {
		n := cutFrame(p, frame)
		if n == 0 {
			break
		}
		p = p[n:]
	}
	if err == nil && len(p) > maxFrame {
		err = errFrame
	}
	return p, err
}

// head reads the response head and returns its length, 0 if it is incomplete.
func (d *decoder) head(p []byte) (int, error) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		if len(p) > maxFrame {
			return 0, errFrame
		}
		return 0, nil
	}
	status, err := parseStatus(p[:end])
	if err != nil {
		return 0, err
	}
	if status != 200 {
		return 0, statusError(status)
	}
	d.inBody = true
	d.chunked = bytes.Equal(header(p[:end], "transfer-encoding"), []byte("chunked"))
	d.gzip = bytes.Equal(header(p[:end], "content-encoding"), []byte("gzip"))
	return end + 4, nil
}

// cutFrame takes the first complete frame off p and returns its length with the
// blank line, 0 if there is none. Lines end with LF or CR LF.
func cutFrame(p []byte, frame frameFunc) int {
	var id, name, data []byte
	fields := false
	for at := 0; ; {
		n := bytes.IndexByte(p[at:], '\n')
		if n < 0 {
			return 0
		}
		line := p[at : at+n]
		at += n + 1
		if n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) == 0 {
			if fields {
				frame(id, name, data)
			}
			return at
		}
		switch {
		case bytes.HasPrefix(line, []byte("data:")):
			data, fields = fieldValue(line[5:]), true
		case bytes.HasPrefix(line, []byte("event:")):
			name, fields = fieldValue(line[6:]), true
		case bytes.HasPrefix(line, []byte("id:")):
			id, fields = fieldValue(line[3:]), true
		}
	}
}

// fieldValue drops the one space that may follow a field's colon.
func fieldValue(v []byte) []byte {
	if len(v) > 0 && v[0] == ' ' {
		return v[1:]
	}
	return v
}
