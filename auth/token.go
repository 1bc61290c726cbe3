package auth

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

const (
	// MaxTokenLen is the longest token that is looked at, in bytes.
	MaxTokenLen = 8 << 10

	// maxKeyIDLen is the longest kid, in bytes.
	maxKeyIDLen = 128
)

// Strict, because otherwise the unused bits of the last character would let
// several texts stand for one signature.
var base64url = base64.RawURLEncoding.Strict()

// token is a JWT in parts (RFC 7515 section 7.1), not yet verified.
type token struct {
	alg, kid  string
	signed    []byte // header and payload as they were sent
	payload   []byte // decoded
	signature []byte // decoded
}

// The members of a header that are read.
var headerNames = [...]string{headerAlg: "alg", headerKid: "kid", headerCrit: "crit"}

const (
	headerAlg = iota
	headerKid
	headerCrit
)

var (
	errCritical    = errors.New("crit names extensions that are not supported")
	errNoAlgorithm = errors.New("alg is not a string")
	errKeyID       = fmt.Errorf("kid is not a string of at most %d bytes", maxKeyIDLen)
)

// parseToken takes a token apart and reads its header.
func parseToken(s string) (token, error) {
	if s == "" {
		return token{}, ErrMissing
	}
	if len(s) > MaxTokenLen {
		return token{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxTokenLen)
	}
	raw := []byte(s)
	first, last, ok := delimiters(raw)
	if !ok {
		return token{}, fmt.Errorf("%w: not three parts of base64url", ErrMalformed)
	}
	buf := make([]byte, 0, len(raw)) // holds all three parts
	header, err1 := base64url.AppendDecode(buf, raw[:first])
	payload, err2 := base64url.AppendDecode(header[len(header):], raw[first+1:last])
	signature, err3 := base64url.AppendDecode(payload[len(payload):], raw[last+1:])
	if err1 != nil || err2 != nil || err3 != nil {
		return token{}, fmt.Errorf("%w: not three parts of base64url", ErrMalformed)
	}
	t := token{signed: raw[:last], payload: payload, signature: signature}
	if err := t.readHeader(header); err != nil {
		return token{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	return t, nil
}

// delimiters finds the two dots of a token and checks its alphabet: the
// standard library's decoder passes over line breaks, which would let changed
// tokens through.
func delimiters(raw []byte) (first, last int, ok bool) {
	first, last = bytes.IndexByte(raw, '.'), bytes.LastIndexByte(raw, '.')
	if first == last {
		return 0, 0, false
	}
	for i, c := range raw {
		if !isBase64url(c) && i != first && i != last {
			return 0, 0, false
		}
	}
	return first, last, true
}

func isBase64url(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// readHeader takes alg and kid from the JOSE header. Everything else in it is
// ignored, above all jku, jwk, x5u and x5c, by which a token would name its own
// key; only crit is refused, since it demands extensions that the hub does not
// have (RFC 7515 section 4.1.11).
func (t *token) readHeader(header []byte) error {
	var values [len(headerNames)][]byte
	if err := members(header, headerNames[:], values[:]); err != nil {
		return err
	}
	if values[headerCrit] != nil {
		return errCritical
	}
	var err error
	if t.alg, err = text(values[headerAlg]); err != nil || t.alg == "" {
		return errNoAlgorithm
	}
	if t.kid, err = text(values[headerKid]); err != nil || len(t.kid) > maxKeyIDLen {
		return errKeyID
	}
	return nil
}
