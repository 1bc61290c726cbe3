package transport

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

// The media types of CloudEvents 1.0 in structured mode, and what the names of
// attributes begin with in binary mode (HTTP protocol binding, section 3).
const (
	contentCloudEvent = "application/cloudevents+json"
	contentCloudBatch = "application/cloudevents-batch+json"
	cloudPrefix       = "ce-"
)

// cloudEvent is a CloudEvent of any mode. Extensions that the hub does not know
// are among its attributes and mean nothing to it.
type cloudEvent struct {
	attributes map[string]string // by name; numbers and booleans as their text
	data       []byte            // as it is to be read, nil for none
	dataForm   dataForm
}

// readCloudEvent reads one event and checks its attributes.
func readCloudEvent(p *posted, body []byte) (ev cloudEvent, err error) {
	if p.form == formCloudBinary {
		ev, err = cloudEventOfHeaders(p.h, body)
	} else {
		ev, err = cloudEventOfJSON(body)
	}
	if err != nil {
		return ev, err
	}
	return ev, ev.check()
}

// check holds the context attributes against the specification, section 3.
func (ev *cloudEvent) check() error {
	for _, name := range [...]string{"specversion", "id", "source", "type"} {
		if ev.attributes[name] == "" {
			return invalid("missing_field", name, "a CloudEvent has the attribute "+name+", which is not empty")
		}
	}
	if v := ev.attributes["specversion"]; v != "1.0" {
		return invalid("invalid_cloudevent", "specversion", "specversion is 1.0")
	}
	for _, name := range [...]string{"source", "dataschema"} {
		if v, ok := ev.attributes[name]; ok {
			if u, err := url.Parse(v); v == "" || err != nil || (name == "dataschema" && !u.IsAbs()) {
				return invalid("invalid_cloudevent", name, name+" is a URI")
			}
		}
	}
	if v, ok := ev.attributes["time"]; ok {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			return invalid("invalid_cloudevent", "time", "time is a timestamp of RFC 3339")
		}
	}
	return nil
}

// key is what the engine remembers the event by: source and id are unique
// together. No Idempotency-Key is like it: it has a space.
func (ev *cloudEvent) key() string {
	source, id := ev.attributes["source"], ev.attributes["id"]
	sum := sha256.Sum256([]byte(strconv.Itoa(len(source)) + ":" + source + id))
	return "ce " + base64.RawURLEncoding.EncodeToString(sum[:])
}

// The attributes that say what the hub does with an event. Those whose text is
// not a JSON string are read as it stands.
var cloudFields = []struct {
	name string
	read func(*jsonReader, *message) error
	bare bool
}{
	{"type", readEvent, false},
	{"key", readKey, false},
	{"except", readExcept, false},
	{"slow", readSlow, false},
	{"ttl", readTTL, true},
	{"transient", readTransient, true},
}

// fromCloudEvent makes a message of an event, by the rules of messages.
func (d *messageDecoder) fromCloudEvent(ev *cloudEvent) (message, error) {
	var m message
	if err := ev.readAddress(&m); err != nil {
		return m, err
	}
	for _, field := range cloudFields {
		if text, ok := ev.attributes[field.name]; ok {
			if err := readAttribute(&m, field.name, text, field.bare, field.read); err != nil {
				return m, err
			}
		}
	}
	text, err := ev.dataJSON()
	if err != nil {
		return m, err
	}
	r := jsonReader{src: text}
	if err := d.readData(&r, &m); err != nil {
		return m, err
	}
	return m, jsonError("data", r.end())
}

// readAddress takes the addresses from the extension to, or else from subject, for
// producers that cannot add extensions.
func (ev *cloudEvent) readAddress(m *message) error {
	name := "to"
	text, ok := ev.attributes[name]
	if !ok {
		name = "subject"
		if text, ok = ev.attributes[name]; !ok {
			return invalid("missing_field", "to", "to is required: an address as extension attribute, or in subject")
		}
	}
	several := name == "to" && text != "" && text[0] == '['
	return readAttribute(m, name, text, several, readTo)
}

// readAttribute reads an attribute as if it were a field of a message.
func readAttribute(m *message, name, text string, bare bool, read func(*jsonReader, *message) error) error {
	r := jsonReader{src: []byte(text)}
	if !bare {
		r.src = appendJSONString(nil, text)
	}
	err := read(&r, m)
	if err == nil && r.end() != nil {
		err = invalid("invalid_cloudevent", name, name+" has something behind its value")
	}
	if p, ok := errors.AsType[*problem](err); ok {
		named := *p
		named.field = name
		return &named
	}
	return err
}

// validAttribute reports whether a name may be an attribute's: lower-case letters
// and digits of ASCII (specification, section 3.1).
func validAttribute(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// add keeps an attribute.
func (ev *cloudEvent) add(name, value string) error {
	if !validAttribute(name) {
		return invalid("invalid_cloudevent", clip(name), "names of attributes are lower-case letters and digits")
	}
	if _, ok := ev.attributes[name]; ok {
		return invalid("duplicate_field", clip(name), "the attribute is there twice")
	}
	if !utf8.ValidString(value) {
		return invalid("invalid_utf8", clip(name), "the attribute is not valid UTF-8")
	}
	if ev.attributes == nil {
		ev.attributes = make(map[string]string, 8)
	}
	ev.attributes[name] = value
	return nil
}
