package transport

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string and returns its value, which is a part of the source if
// it has no escapes.
func (r *jsonReader) str() ([]byte, error) {
	raw, escaped, err := r.rawString()
	if err != nil || !escaped {
		return raw, err
	}
	return unescape(raw)
}

// rawString reads a string and returns what stands between its quotes.
func (r *jsonReader) rawString() (raw []byte, escaped bool, err error) {
	if err := r.take('"'); err != nil {
		return nil, false, err
	}
	start, ascii := r.pos, true
	for ; r.pos < len(r.src); r.pos++ {
		switch c := r.src[r.pos]; {
		case c == '"':
			raw = r.src[start:r.pos]
			r.pos++
			if !ascii && !utf8.Valid(raw) {
				return nil, false, errJSONUTF8
			}
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			if err := r.escape(); err != nil {
				return nil, false, err
			}
		case c < 0x20:
			return nil, false, errJSONSyntax
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false, errJSONEnd
}

// escape checks an escape sequence and stops at its last byte.
func (r *jsonReader) escape() error {
	r.pos++
	if r.pos == len(r.src) {
		return errJSONEnd
	}
	switch r.src[r.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		if _, ok := hex4(r.src[r.pos+1:]); !ok {
			return errJSONSyntax
		}
		r.pos += 4
		return nil
	}
	return errJSONSyntax
}

// hex4 reads the four digits of a \u escape.
func hex4(b []byte) (rune, bool) {
	var out [2]byte
	if len(b) < 4 {
		return 0, false
	}
	if _, err := hex.Decode(out[:], b[:4]); err != nil {
		return 0, false
	}
	return rune(out[0])<<8 | rune(out[1]), true
}

// unescape returns the value of a string whose escapes were checked.
func unescape(raw []byte) ([]byte, error) {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, n := unescapeRune(raw[i+1:])
			if n == 0 {
				return nil, errJSONSurrogate
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

// unescapeRune reads what follows \u, and a second \u escape if the first was
// half of a pair. It returns how many bytes that was, 0 for a lone half.
func unescapeRune(b []byte) (rune, int) {
	r, _ := hex4(b)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		low, _ := hex4(b[6:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 10
		}
	}
	return 0, 0
}
