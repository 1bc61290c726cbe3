package clienttest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Message is a message that the hub accepted.
type Message struct {
	To             []string        // addresses: "user/alice", "topic/news", "connection/c1", "all"
	Event          string          // "" stands for "message"
	Data           json.RawMessage // as it came
	Key            string
	TTL            float64 // seconds
	Transient      bool
	Except         string
	Slow           string
	IdempotencyKey string // of the request
}

// Decode decodes the data into v.
func (m *Message) Decode(v any) error {
	if err := json.Unmarshal(m.Data, v); err != nil {
		return fmt.Errorf("clienttest: decode data of %s: %w", m.Event, err)
	}
	return nil
}

// String shows who gets what.
func (m Message) String() string {
	return fmt.Sprintf("%s %s %s", strings.Join(m.To, ","), m.Event, m.Data)
}

// UnmarshalJSON reads the form in which publishers send it.
func (m *Message) UnmarshalJSON(text []byte) error {
	type fields Message // without this method
	wire := struct {
		To json.RawMessage `json:"to"`
		*fields
	}{fields: (*fields)(m)}
	if err := json.Unmarshal(text, &wire); err != nil {
		return err
	}
	switch {
	case wire.To == nil: // check refuses it
		return nil
	case wire.To[0] == '"':
		m.To = make([]string, 1)
		return json.Unmarshal(wire.To, &m.To[0])
	}
	return json.Unmarshal(wire.To, &m.To)
}

// check refuses what every hub refuses.
func (m *Message) check() *problem {
	switch {
	case len(m.To) == 0:
		return &problem{Code: "missing_field", Message: "to is required", Field: "to"}
	case len(m.To) > 100:
		return &problem{Code: "too_many_addresses", Message: "at most 100 addresses", Field: "to"}
	case m.Data == nil:
		return &problem{Code: "missing_field", Message: "data is required; it may be null", Field: "data"}
	}
	for _, to := range m.To {
		kind, name, _ := strings.Cut(to, "/")
		if to != "all" && (name == "" || (kind != "user" && kind != "topic" && kind != "connection")) {
			return &problem{Code: "invalid_address", Message: "not an address: " + to, Field: "to"}
		}
	}
	return nil
}
