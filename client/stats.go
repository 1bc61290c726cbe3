package client

import (
	"context"
	"encoding/json"
)

// Stats are the figures of the hubs.
type Stats struct {
	Instance  string    `json:"instance"`  // the hub that answered
	Total     Figures   `json:"total"`     // of all hubs that it knows of
	Instances []Figures `json:"instances"` // of each of them

	// Raw is the whole answer, with what this package does not know.
	Raw json.RawMessage `json:"-"`
}

// Figures are what one hub counts, or all of them. What is in the plural and
// not current counts from the start of the process.
type Figures struct {
	Instance             string  `json:"instance"`
	Time                 int64   `json:"time"` // milliseconds since the Unix epoch
	UptimeSeconds        float64 `json:"uptimeSeconds"`
	TotalConnections     int64   `json:"totalConnections"` // current
	UniqueUsers          int64   `json:"uniqueUsers"`      // current
	Topics               int64   `json:"topics"`           // current
	ConnectionsOpened    uint64  `json:"connectionsOpened"`
	SlowConsumers        uint64  `json:"slowConsumers"`
	MessagesIn           uint64  `json:"messagesIn"`  // accepted from publishers
	MessagesOut          uint64  `json:"messagesOut"` // events that sockets took
	BytesOut             uint64  `json:"bytesOut"`
	MessagesInPerSecond  Rates   `json:"messagesInPerSecond"`
	MessagesOutPerSecond Rates   `json:"messagesOutPerSecond"`
	Draining             bool    `json:"draining"`
}

// Rates are averages over the time before the answer.
type Rates struct {
	Last1s  float64 `json:"1s"`
	Last10s float64 `json:"10s"`
	Last60s float64 `json:"60s"`
}

// Stats asks for the hubs' figures. It needs the scope presence.
func (p *Publisher) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	answer, err := p.ask(ctx, "stats", "/api/stats", &s)
	s.Raw = answer
	return s, err
}
