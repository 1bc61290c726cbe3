package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Grant is what the stream of a ticket may do.
type Grant struct {
	// Topics that it may subscribe to: exact names, or prefixes with a '*'.
	Topics []string

	// Dashboard lets it be the dashboard's stream.
	Dashboard bool

	// TTL is how long the stream may last, up to a day and an hour if it is 0.
	// Then the page asks for another ticket.
	TTL time.Duration
}

// Ticket opens one stream of a user. Encoded as JSON it is what the TypeScript
// client's ticketURL reads.
type Ticket struct {
	Ticket      string `json:"ticket"`      // for the query: ?ticket=
	ExpiresInMs int64  `json:"expiresInMs"` // within which it must be used
}

// Ticket gets a one-time ticket for a user whom the caller has authenticated. A
// page opens its stream with it, so that the service needs no key that signs
// tokens. It needs the scope ticket.
func (p *Publisher) Ticket(ctx context.Context, user string, g Grant) (Ticket, error) {
	var t Ticket
	body, err := json.Marshal(struct {
		Topics    []string `json:"topics,omitempty"`
		Dashboard bool     `json:"dashboard,omitempty"`
		TTL       float64  `json:"ttl,omitempty"`
	}{g.Topics, g.Dashboard, g.TTL.Seconds()})
	if err != nil {
		return t, fmt.Errorf("client: ticket: %w", err)
	}
	answer, err := p.do(ctx, call{
		method: http.MethodPost, path: "/api/users/" + segment(user) + "/ticket", body: body, contentType: "application/json",
	})
	if err == nil {
		err = decode(answer, &t)
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("client: ticket: %w", err)
	}
	return t, nil
}
