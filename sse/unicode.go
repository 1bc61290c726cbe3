package sse

import "unicode/utf8"

// validUTF8 returns b with U+FFFD in place of what is not UTF-8, or b itself if
// all of it is. A sequence that breaks off becomes one U+FFFD, as the Encoding
// standard's decoder has it, where bytes.ToValidUTF8 would take a whole run of
// bad bytes for one and a range loop each byte.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+utf8.UTFMax)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = brokenLen(b)
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return out
}

// brokenLen returns how many bytes of b, which starts with an invalid sequence,
// are the beginning of a valid one; at least 1.
func brokenLen(b []byte) int {
	want := 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 1
	case c >= 0xE0 && c <= 0xEF:
		want = 2
	case c >= 0xF0 && c <= 0xF4:
		want = 3
	}
	low, high := byte(0x80), byte(0xBF) // of the second byte
	switch b[0] {
	case 0xE0:
		low = 0xA0 // below are overlong forms
	case 0xF0:
		low = 0x90 // the same
	case 0xED:
		high = 0x9F // above are surrogates
	case 0xF4:
		high = 0x8F // above is no code point
	}
	n := 1
	for n <= want && n < len(b) && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xBF
		n++
	}
	return n
}
