package transport

import (
	"fmt"

	"github.com/valyala/fasthttp"
)

// cloudEventOfJSON reads an event of structured mode (JSON event format 1.0).
func cloudEventOfJSON(body []byte) (cloudEvent, error) {
	var ev cloudEvent
	r := jsonReader{src: body}
	err := r.object(func(name []byte) error { return ev.member(&r, string(name)) })
	return ev, err
}

// member reads the value behind a name. An attribute that is null is not there.
func (ev *cloudEvent) member(r *jsonReader, name string) error {
	if name == "data" || name == "data_base64" {
		return ev.readData(r, name)
	}
	switch r.space() {
	case '"':
		text, err := r.str()
		if err != nil {
			return invalidJSON(clip(name), err)
		}
		return ev.add(name, string(text))
	case '{', '[':
		return invalid("invalid_type", clip(name), "an attribute is a string, a number or a boolean")
	}
	text, err := r.compact(nil)
	if err != nil {
		return invalidJSON(clip(name), err)
	}
	if string(text) == "null" {
		return nil
	}
	return ev.add(name, string(text))
}

// readData keeps data, as JSON, or data_base64, not decoded.
func (ev *cloudEvent) readData(r *jsonReader, name string) error {
	if ev.data != nil {
		return invalid("duplicate_field", name, "an event has data or data_base64, once")
	}
	if name == "data_base64" {
		text, err := readString(r, name)
		ev.data, ev.dataForm = []byte(text), dataBase64
		return err
	}
	text, err := r.compact(nil)
	ev.data, ev.dataForm = text, dataValue
	return jsonError(name, err)
}

// splitCloudBatch returns the events of an array, which may be empty.
func splitCloudBatch(body []byte, most int) ([][]byte, error) {
	r := jsonReader{src: body}
	if err := r.take('['); err != nil {
		return nil, invalidJSON("", err)
	}
	var events [][]byte
	for first := true; ; first = false {
		more, err := r.more(first, ']')
		if err != nil {
			return nil, invalidJSON("", err)
		}
		if !more {
			return events, jsonError("", r.end())
		}
		if len(events) == most {
			return nil, &problem{
				status: fasthttp.StatusRequestEntityTooLarge, code: "batch_too_large",
				message: fmt.Sprintf("the body has more than %d events", most),
			}
		}
		event, err := r.compact(nil)
		if err != nil {
			return nil, invalidJSON("", err)
		}
		events = append(events, event)
	}
}
