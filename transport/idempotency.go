package transport

import "strconv"

// maxIdempotencyKey is the longest Idempotency-Key, in bytes.
const maxIdempotencyKey = 128

// idempotencyKey returns the key that the engine is to remember, "" for none.
// It is the caller's own: the same header of another caller is another key. The
// length of the name in front keeps name and header apart.
func idempotencyKey(c *call) (string, error) {
	header := c.rc.Request.Header.Peek("Idempotency-Key")
	if len(header) == 0 {
		return "", nil
	}
	if len(c.rc.Request.Header.PeekAll("Idempotency-Key")) > 1 || !printable(header) {
		return "", invalid("invalid_idempotency_key", "Idempotency-Key",
			"the header has 1 to "+strconv.Itoa(maxIdempotencyKey)+" printable ASCII characters without spaces")
	}
	return scopedKey(c.caller.Name(), header), nil
}

func scopedKey(name string, header []byte) string {
	b := make([]byte, 0, len(name)+len(header)+5)
	b = strconv.AppendInt(b, int64(len(name)), 10)
	b = append(b, ':')
	b = append(b, name...)
	b = append(b, ':')
	return string(append(b, header...))
}

func printable(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(b) <= maxIdempotencyKey
}

// lineKey is the key of one line of a batch. The space keeps it apart from every
// key of a single message.
func lineKey(key string, line int) string {
	if key == "" {
		return ""
	}
	return key + " " + strconv.Itoa(line)
}
