package transport

// jsonCompactor copies one JSON value without the white space between its
// tokens, so that it fits in one line of a stream, and checks it on the way.
type jsonCompactor struct {
	*jsonReader
	out  []byte
	span int // the bytes from here to pos are not copied yet
}

// compact appends the value that follows to dst.
func (r *jsonReader) compact(dst []byte) ([]byte, error) {
	r.space()
	c := jsonCompactor{jsonReader: r, out: dst, span: r.pos}
	if err := c.value(0); err != nil {
		return dst, err
	}
	return append(c.out, r.src[c.span:r.pos]...), nil
}

// space skips white space and leaves it out of the copy.
func (c *jsonCompactor) space() byte {
	before := c.pos
	next := c.jsonReader.space()
	if c.pos > before {
		c.out = append(c.out, c.src[c.span:before]...)
		c.span = c.pos
	}
	return next
}

func (c *jsonCompactor) value(depth int) error {
	switch b := c.space(); {
	case b == '"':
		_, _, err := c.rawString()
		return err
	case b == '{':
		return c.members(depth+1, '}')
	case b == '[':
		return c.members(depth+1, ']')
	case b == '-' || (b >= '0' && b <= '9'):
		return c.number()
	case c.pos == len(c.src):
		return errJSONEnd
	case b == 't':
		return c.literal("true")
	case b == 'f':
		return c.literal("false")
	case b == 'n':
		return c.literal("null")
	}
	return errJSONSyntax
}

// members reads an array or, if it ends with a brace, an object.
func (c *jsonCompactor) members(depth int, closing byte) error {
	if depth > maxJSONDepth {
		return errJSONDepth
	}
	c.pos++
	for first := true; ; first = false {
		c.space()
		more, err := c.more(first, closing)
		if err != nil || !more {
			return err
		}
		if closing == '}' {
			if err := c.name(); err != nil {
				return err
			}
		}
		if err := c.value(depth); err != nil {
			return err
		}
	}
}

func (c *jsonCompactor) name() error {
	c.space()
	if _, _, err := c.rawString(); err != nil {
		return err
	}
	c.space()
	return c.take(':')
}

// number reads the grammar of RFC 8259 section 6.
func (r *jsonReader) number() error {
	if r.src[r.pos] == '-' {
		r.pos++
	}
	if r.pos < len(r.src) && r.src[r.pos] == '0' {
		r.pos++
	} else if r.digits() == 0 {
		return errJSONSyntax
	}
	if r.pos < len(r.src) && r.src[r.pos] == '.' {
		r.pos++
		if r.digits() == 0 {
			return errJSONSyntax
		}
	}
	if r.pos < len(r.src) && r.src[r.pos]|0x20 == 'e' {
		r.pos++
		if r.pos < len(r.src) && (r.src[r.pos] == '+' || r.src[r.pos] == '-') {
			r.pos++
		}
		if r.digits() == 0 {
			return errJSONSyntax
		}
	}
	return nil
}

func (r *jsonReader) digits() (n int) {
	for r.pos < len(r.src) && r.src[r.pos] >= '0' && r.src[r.pos] <= '9' {
		r.pos++
		n++
	}
	return n
}

func (r *jsonReader) literal(word string) error {
	if len(r.src)-r.pos < len(word) {
		return errJSONEnd
	}
	if string(r.src[r.pos:r.pos+len(word)]) != word {
		return errJSONSyntax
	}
	r.pos += len(word)
	return nil
}
