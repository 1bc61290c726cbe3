package transport

import "errors"

// The errors of a jsonReader. They say which rule of RFC 8259 the text broke,
// or ours: valid UTF-8, no lone surrogates, limited depth.
var (
	errJSONEnd       = errors.New("the JSON text ends too early")
	errJSONSyntax    = errors.New("not valid JSON")
	errJSONTrailing  = errors.New("there is text behind the JSON value")
	errJSONUTF8      = errors.New("a string is not valid UTF-8")
	errJSONSurrogate = errors.New("a string holds half of a surrogate pair")
	errJSONDepth     = errors.New("the JSON is nested too deep")
)

// maxJSONDepth is how deep arrays and objects may be nested.
const maxJSONDepth = 64

// jsonReader reads JSON of RFC 8259 strictly and in one pass. It exists because
// the decoder of the standard library accepts what two readers may understand
// differently: repeated names, names in other cases, invalid UTF-8.
type jsonReader struct {
	src []byte
	pos int
}

// space skips white space and returns the byte after it, 0 at the end.
func (r *jsonReader) space() byte {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// take skips white space and the byte c, which must follow.
func (r *jsonReader) take(c byte) error {
	switch got := r.space(); {
	case r.pos == len(r.src):
		return errJSONEnd
	case got != c:
		return errJSONSyntax
	}
	r.pos++
	return nil
}

// end reports text behind the value.
func (r *jsonReader) end() error {
	if r.space(); r.pos < len(r.src) {
		return errJSONTrailing
	}
	return nil
}

// more reports whether another member follows in an array or object whose last
// byte is closing, and skips the comma before it.
func (r *jsonReader) more(first bool, closing byte) (bool, error) {
	c := r.space()
	if r.pos == len(r.src) {
		return false, errJSONEnd
	}
	if c == closing {
		r.pos++
		return false, nil
	}
	if first {
		return true, nil
	}
	if c != ',' {
		return false, errJSONSyntax
	}
	r.pos++
	return true, nil
}

// object reads an object that nothing follows, by a call of member behind each name
// and its colon. Its own errors are problems.
func (r *jsonReader) object(member func(name []byte) error) error {
	if err := r.take('{'); err != nil {
		return invalidJSON("", err)
	}
	for first := true; ; first = false {
		more, err := r.more(first, '}')
		if err != nil {
			return invalidJSON("", err)
		}
		if !more {
			return jsonError("", r.end())
		}
		name, err := r.str()
		if err == nil {
			err = r.take(':')
		}
		if err != nil {
			return invalidJSON("", err)
		}
		if err := member(name); err != nil {
			return err
		}
	}
}

// array reads an array, by a call of element for each value. field is whose value it
// is.
func (r *jsonReader) array(field string, element func(*jsonReader) error) error {
	if c := r.space(); c != '[' && r.pos < len(r.src) {
		return invalid("invalid_type", field, field+" is an array")
	}
	if err := r.take('['); err != nil {
		return invalidJSON(field, err)
	}
	for first := true; ; first = false {
		more, err := r.more(first, ']')
		if err != nil {
			return invalidJSON(field, err)
		}
		if !more {
			return nil
		}
		if err := element(r); err != nil {
			return err
		}
	}
}
