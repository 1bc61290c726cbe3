package transport

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// cloudEventOfHeaders reads an event of binary mode (HTTP protocol binding 1.0,
// section 3.1): its attributes are headers, its data is the body.
func cloudEventOfHeaders(h *fasthttp.RequestHeader, body []byte) (cloudEvent, error) {
	var ev cloudEvent
	for name, value := range h.All() {
		if len(name) <= len(cloudPrefix) || !hasPrefixFold(name, cloudPrefix) {
			continue
		}
		attribute := strings.ToLower(string(name[len(cloudPrefix):]))
		text, ok := headerText(value)
		if !ok {
			return ev, invalid("invalid_cloudevent", clip(attribute), "the header is not encoded as the HTTP binding says")
		}
		if attribute == "datacontenttype" {
			return ev, invalid("invalid_cloudevent", attribute, "in binary mode this is the Content-Type")
		}
		if err := ev.add(attribute, text); err != nil {
			return ev, err
		}
	}
	if len(body) == 0 {
		return ev, nil
	}
	if len(h.ContentType()) == 0 {
		return ev, &problem{
			status: fasthttp.StatusUnsupportedMediaType, code: "unsupported_media_type", field: fasthttp.HeaderContentType,
			message: "the data of an event in binary mode needs a Content-Type",
		}
	}
	ev.data = body
	return ev, ev.add("datacontenttype", string(h.ContentType()))
}

// headerText decodes the value of a header: quotes around it, if any, then
// percent signs (section 3.1.3.2).
func headerText(b []byte) (string, bool) {
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		b = unquote(b[1 : len(b)-1])
	}
	if bytes.IndexByte(b, '%') < 0 {
		return string(b), true
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' {
			var ok bool
			if c, ok = hex2(b[i+1:]); !ok {
				return "", false
			}
			i += 2
		}
		out = append(out, c)
	}
	return string(out), true
}

// unquote removes the backslashes of a quoted string (RFC 9110 section 5.6.4).
func unquote(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}
