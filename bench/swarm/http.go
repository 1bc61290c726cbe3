package swarm

import (
	"bytes"
	"errors"
)

// errHead is returned for bytes that are no HTTP/1.1 response.
var errHead = errors.New("not an HTTP response")

// parseStatus returns the status of a response head.
func parseStatus(head []byte) (int, error) {
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.")) || head[8] != ' ' {
		return 0, errHead
	}
	n, ok := decimal(head[9:12])
	if !ok {
		return 0, errHead
	}
	return n, nil
}

// header returns the value of a header field, nil if there is none. name is in
// lower case.
func header(head []byte, name string) []byte {
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\r\n"))
		head = rest
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

// cutResponse returns the status of the response that p starts with and its
// length with the body; a length of 0 says that it is incomplete. Only responses
// with a Content-Length can be told apart on a kept connection.
func cutResponse(p []byte) (status, n int, err error) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, 0, nil
	}
	if status, err = parseStatus(p[:end]); err != nil {
		return 0, 0, err
	}
	length, ok := decimal(header(p[:end], "content-length"))
	if !ok {
		return status, 0, errHead
	}
	if n = end + 4 + length; n > len(p) {
		return 0, 0, nil
	}
	return status, n, nil
}

// decimal reads 1 to 9 digits and nothing else.
func decimal(p []byte) (n int, ok bool) {
	if len(p) == 0 || len(p) > 9 {
		return 0, false
	}
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
