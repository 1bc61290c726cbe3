package sse

import (
	"math"
	"math/big"
	"strings"
	"time"
)

// referenceDecode reads a whole stream by the letter of 9.2.5 and 9.2.6, with
// no thought for speed or memory: what the fuzz tests hold the decoder to.
func referenceDecode(text []byte) stream {
	s := strings.TrimPrefix(decodeUTF8(text), "\uFEFF")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(s, "\n")
	var out stream
	var data, name, id string
	for _, line := range lines[:len(lines)-1] { // what follows the last line end is no line
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			out.last = id
			if data != "" {
				if name == "" {
					name = "message"
				}
				out.events = append(out.events, [3]string{name, strings.TrimSuffix(data, "\n"), id})
			}
			data, name = "", ""
		case field == "data":
			data += value + "\n"
		case field == "event":
			name = value
		case field == "id" && !strings.Contains(value, "\x00"):
			id = value
		case field == "retry" && value != "" && strings.Trim(value, "0123456789") == "":
			ms, _ := new(big.Int).SetString(value, 10)
			if longest := big.NewInt(math.MaxInt64 / int64(time.Millisecond)); ms.Cmp(longest) > 0 {
				ms = longest
			}
			out.retry, out.hasRetry = time.Duration(ms.Int64())*time.Millisecond, true
		}
	}
	return out
}

// decodeUTF8 is the UTF-8 decoder of the Encoding standard, 8.1.1, byte by byte.
func decodeUTF8(in []byte) string {
	var out strings.Builder
	var point rune
	seen, needed := 0, 0
	low, high := byte(0x80), byte(0xBF)
	for i := 0; i < len(in); i++ {
		c := in[i]
		if needed == 0 {
			switch {
			case c <= 0x7F:
				out.WriteByte(c)
			case c >= 0xC2 && c <= 0xDF:
				needed, point = 1, rune(c&0x1F)
			case c >= 0xE0 && c <= 0xEF:
				if c == 0xE0 {
					low = 0xA0
				}
				if c == 0xED {
					high = 0x9F
				}
				needed, point = 2, rune(c&0xF)
			case c >= 0xF0 && c <= 0xF4:
				if c == 0xF0 {
					low = 0x90
				}
				if c == 0xF4 {
					high = 0x8F
				}
				needed, point = 3, rune(c&0x7)
			default:
				out.WriteRune('\uFFFD')
			}
			continue
		}
		if c < low || c > high {
			point, seen, needed, low, high = 0, 0, 0, 0x80, 0xBF
			out.WriteRune('\uFFFD')
			i-- // the byte starts anew
			continue
		}
		low, high = 0x80, 0xBF
		point = point<<6 | rune(c&0x3F)
		if seen++; seen == needed {
			out.WriteRune(point)
			point, seen, needed = 0, 0, 0
		}
	}
	if needed != 0 {
		out.WriteRune('\uFFFD')
	}
	return out.String()
}
