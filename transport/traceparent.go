package transport

import "github.com/valyala/fasthttp"

// traceparentLen is the length of a traceparent of version 00:
// 00-<trace id>-<parent id>-<flags>.
const traceparentLen = 55

// traceparent returns the header's value as one of version 00, or "" for one that
// is not valid: W3C Trace Context level 1, section 3.2, has it ignored. Of a later
// version only what version 00 knows is kept (section 4.3).
func traceparent(b []byte) string {
	if len(b) < traceparentLen || b[2] != '-' || b[35] != '-' || b[52] != '-' {
		return ""
	}
	version, trace, parent, flags := b[:2], b[3:35], b[36:52], b[53:55]
	if !lowerHex(version) || !lowerHex(trace) || !lowerHex(parent) || !lowerHex(flags) ||
		string(version) == "ff" || zeros(trace) || zeros(parent) {
		return ""
	}
	if string(version) == "00" {
		if len(b) != traceparentLen {
			return ""
		}
		return string(b)
	}
	if len(b) > traceparentLen && b[traceparentLen] != '-' {
		return ""
	}
	sampled := "00"
	if hexDigit(flags[1])&1 != 0 {
		sampled = "01"
	}
	return "00" + string(b[2:53]) + sampled
}

func lowerHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// hexDigit is the value of a digit that lowerHex accepts.
func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != '0' {
			return false
		}
	}
	return true
}

// scanHeaders looks once through the headers of a POST for what most have not:
// a traceparent, which counts only if it is there once, and attributes of a
// CloudEvent.
func scanHeaders(h *fasthttp.RequestHeader) (trace string, cloud bool) {
	seen := 0
	for name, value := range h.All() {
		switch {
		case len(name) == len("Traceparent") && hasPrefixFold(name, "traceparent"):
			if seen++; seen == 1 {
				trace = traceparent(value)
			}
		case len(name) > len(cloudPrefix) && hasPrefixFold(name, cloudPrefix):
			cloud = true
		}
	}
	if seen > 1 {
		trace = ""
	}
	return trace, cloud
}
