package transport

import (
	"bytes"
	"time"

	"github.com/valyala/fasthttp"

	"example.org/hub/engine"
)

// form is how the body of a POST is read.
type form uint8

const (
	formMessage     form = iota // one message of ours
	formLines                   // one of them a line
	formCloudBinary             // the data of a CloudEvent whose attributes are headers
	formCloudJSON               // a CloudEvent
	formCloudBatch              // an array of them
)

// posted is what is known of a POST before its body is read.
type posted struct {
	form  form
	key   string // for the engine, "" for none
	trace string // a valid traceparent, "" for none
	h     *fasthttp.RequestHeader
}

// formOf looks at the headers of a POST. What has attributes of a CloudEvent is
// one, whatever its Content-Type, unless that is one of structured mode.
func formOf(h *fasthttp.RequestHeader, cloud bool) (form, error) {
	t := h.ContentType()
	switch {
	case isMediaType(t, contentCloudEvent):
		return formCloudJSON, nil
	case isMediaType(t, contentCloudBatch):
		return formCloudBatch, nil
	case cloud && !hasPrefixFold(t, "application/cloudevents"):
		return formCloudBinary, nil
	case isMediaType(t, contentJSON):
		return formMessage, nil
	case isMediaType(t, contentNDJSON):
		return formLines, nil
	}
	return 0, &problem{
		status: fasthttp.StatusUnsupportedMediaType, code: "unsupported_media_type", field: fasthttp.HeaderContentType,
		message: "the body is " + contentJSON + ", " + contentNDJSON + ", " + contentCloudEvent + " or " + contentCloudBatch,
	}
}

// decodeAs reads one message, and the key under which the engine is to remember it.
func (s *Server) decodeAs(p *posted, body []byte, now time.Time) (rec *engine.Record, key string, err error) {
	d := messageDecoders.Get().(*messageDecoder)
	defer messageDecoders.Put(d)
	d.maxData = s.cfg.MaxData
	var m message
	trace := p.trace
	switch p.form {
	case formMessage, formLines:
		m, err = d.decode(body)
	default:
		var ev cloudEvent
		if ev, err = readCloudEvent(p, body); err != nil {
			return nil, "", err
		}
		m, err = d.fromCloudEvent(&ev)
		key = ev.key()
		if own := traceparent([]byte(ev.attributes["traceparent"])); own != "" {
			trace = own
		}
	}
	if err != nil {
		return nil, "", err
	}
	if s.cfg.TraceEvents {
		m.trace = trace
	}
	rec, err = m.record(now)
	return rec, key, err
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}
