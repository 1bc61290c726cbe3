package transport

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/valyala/fasthttp"
)

// answerJSON answers 200 with v. For answers off the hot path.
func (c *call) answerJSON(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	setNoStore(c.rc, contentJSON)
	c.rc.Response.AppendBody(body)
	return nil
}

func setNoStore(rc *fasthttp.RequestCtx, contentType string) {
	rc.SetContentType(contentType)
	rc.Response.Header.Set(fasthttp.HeaderCacheControl, noStore)
	rc.Response.Header.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
}

// appendJSONString appends s as a JSON string (RFC 8259 section 7). Invalid
// UTF-8 becomes U+FFFD.
func appendJSONString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
