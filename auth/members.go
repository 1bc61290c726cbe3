package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var (
	errNotObject = errors.New("not a JSON object")
	errNotArray  = errors.New("not an array of strings")
	errNotString = errors.New("not a string")
	errTwice     = errors.New("given twice")
)

// members puts the raw values of the named members of a JSON object into
// values, which has as many places as there are names. Unlike encoding/json it
// keeps to the letter case of names, and refuses a name that comes twice: two
// readers of the object could take two different values. Other members are
// passed over. The values are parts of doc.
func members(doc []byte, names []string, values [][]byte) error {
	if !json.Valid(doc) {
		return errNotObject
	}
	rest := skipSpace(doc)
	if rest[0] != '{' {
		return errNotObject
	}
	for rest = skipSpace(rest[1:]); rest[0] != '}'; rest = skipComma(rest) {
		var raw, value []byte
		raw, rest = cutValue(rest)
		value, rest = cutValue(skipSpace(skipSpace(rest)[1:])) // behind the colon
		name, err := unquote(raw)
		if err != nil {
			return err
		}
		i := indexOf(names, name)
		if i < 0 {
			continue
		}
		if values[i] != nil {
			return fmt.Errorf("%s: %w", names[i], errTwice)
		}
		values[i] = value
	}
	return nil
}

func indexOf(names []string, name []byte) int {
	for i, n := range names {
		if n == string(name) {
			return i
		}
	}
	return -1
}

// absent reports whether a member is missing or null.
func absent(value []byte) bool {
	return value == nil || string(value) == "null"
}

// text returns the content of a value that is to be a string, "" if absent.
func text(value []byte) (string, error) {
	if absent(value) {
		return "", nil
	}
	s, err := unquote(value)
	return string(s), err
}

// eachString calls visit with every element of an array of strings. array is a
// value from members.
func eachString(array []byte, visit func([]byte) error) error {
	if array[0] != '[' {
		return errNotArray
	}
	for rest := skipSpace(array[1:]); rest[0] != ']'; rest = skipComma(rest) {
		var value []byte
		value, rest = cutValue(rest)
		s, err := unquote(value)
		if err != nil {
			return errNotArray
		}
		if err := visit(s); err != nil {
			return err
		}
	}
	return nil
}

// unquote returns the content of a JSON string: a part of raw, or a copy if raw
// holds escapes. Half surrogate pairs are refused: decoding would turn all of
// them into the same character, and two names into one.
func unquote(raw []byte) ([]byte, error) {
	if raw[0] != '"' {
		return nil, errNotString
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || strings.ContainsRune(s, utf8.RuneError) {
		return nil, errNotString
	}
	return []byte(s), nil
}

// The functions below walk over text that json.Valid has passed, and rely on it.

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

func skipComma(b []byte) []byte {
	b = skipSpace(b)
	if b[0] == ',' {
		b = skipSpace(b[1:])
	}
	return b
}

// cutValue splits b behind the value that it begins with.
func cutValue(b []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			i = scalarEnd(b, i, depth)
		}
		if depth == 0 {
			return b[:i+1], b[i+1:]
		}
	}
	return b, nil
}

// stringEnd returns the index of the quote that closes the string at i.
func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// scalarEnd returns the index of the last byte of the number or word at i.
// Inside a container it need not find the end: the caller only counts brackets.
func scalarEnd(b []byte, i, depth int) int {
	if depth > 0 {
		return i
	}
	if n := bytes.IndexAny(b[i:], ",}] \t\r\n"); n > 0 {
		return i + n - 1
	}
	return len(b) - 1
}
