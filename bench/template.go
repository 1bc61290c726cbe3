package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// placeholder is a name in a target file that a value takes the place of. The
// doubled brackets clash with none of the configuration languages in use.
var placeholder = regexp.MustCompile(`\[\[([a-z:]+)\]\]`)

// expand puts in the values that are known when a target starts; get reports
// false for a name that it does not know.
func expand(text string, get func(name string) (string, bool)) (string, error) {
	var unknown error
	text = placeholder.ReplaceAllStringFunc(text, func(m string) string {
		v, ok := get(m[2 : len(m)-2])
		if !ok {
			unknown = fmt.Errorf("unknown placeholder %s", m)
		}
		return v
	})
	return text, unknown
}

// template is a text with placeholders that change with every request, taken
// apart beforehand so that a request costs the generator little.
type template []templatePart

// templatePart is literal text with the name of the value that follows it,
// empty behind the last one.
type templatePart struct{ text, name string }

// compileTemplate takes a text apart, whose placeholders may be those in names.
func compileTemplate(text string, names ...string) (template, error) {
	var t template
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
			return nil, fmt.Errorf("placeholder [[%s]] is not one of %v", name, names)
		}
		t = append(t, templatePart{text[at:m[0]], name})
		at = m[1]
	}
	return append(t, templatePart{text: text[at:]}), nil
}

// append appends the text; value appends what stands for a name.
func (t template) append(dst []byte, value func(dst []byte, name string) []byte) []byte {
	for _, p := range t {
		dst = append(dst, p.text...)
		if p.name != "" {
			dst = value(dst, p.name)
		}
	}
	return dst
}

// numbered appends the text of a template whose only placeholder is [[n]].
func (t template) numbered(dst []byte, n int) []byte {
	return t.append(dst, func(dst []byte, _ string) []byte { return strconv.AppendInt(dst, int64(n), 10) })
}

// appendQuoted appends text as the inside of a JSON string. It is for data that
// the suite made, which has no control characters.
func appendQuoted(dst, text []byte) []byte {
	for _, c := range text {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}
