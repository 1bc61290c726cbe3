package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Publisher sends messages to a hub and asks it about its connections. Its
// methods may be called from any goroutine. Close it after use.
//
// They retry what may succeed later, which is an error of the network, 429 or
// 5xx, as WithMaxRetries and the context allow. Their errors wrap an *Error if
// the hub refused, or the error of the last attempt.
type Publisher struct {
	cfg  *config
	base *url.URL
}

// NewPublisher returns a publisher for the internal listener of a hub, such as
// http://127.0.0.1:8081. It connects at the first call.
//
// Errors: ErrConfig.
func NewPublisher(baseURL string, opts ...Option) (*Publisher, error) {
	cfg, err := newConfig(publisher, opts)
	if err != nil {
		return nil, err
	}
	base, err := parseURL(baseURL)
	if err != nil {
		return nil, err
	}
	if cfg.http.CheckRedirect == nil {
		// No hub redirects; following would hand the API key to whoever does.
		cfg.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &Publisher{cfg: cfg, base: base}, nil
}

// Close closes the idle connections, unless they are those of WithHTTPClient.
func (p *Publisher) Close() error {
	p.cfg.release()
	return nil
}

// Send posts one message. A nil error means that the hub's log has it.
func (p *Publisher) Send(ctx context.Context, m Message) (Result, error) {
	var res Result
	var body bytes.Buffer
	if err := m.appendJSON(&body); err != nil {
		return res, fmt.Errorf("client: send: %w", err)
	}
	key := m.IdempotencyKey
	if key == "" {
		key = rand.Text()
	} else if !validHeader(key) {
		return res, fmt.Errorf("client: send: %w: no header can carry the idempotency key", ErrConfig)
	}
	answer, err := p.do(ctx, call{
		method: http.MethodPost, path: messagesPath, query: p.receiptQuery(),
		body: body.Bytes(), contentType: "application/json", idempotencyKey: key,
	})
	if err == nil {
		err = decode(answer, &res)
	}
	if err != nil {
		return res, fmt.Errorf("client: send: %w", err)
	}
	return res, nil
}

// SendToUser sends m to every connection of a user, whatever m.To says.
func (p *Publisher) SendToUser(ctx context.Context, user string, m Message) (Result, error) {
	m.To = []string{User(user)}
	return p.Send(ctx, m)
}

// maxAddresses is how many addresses the hub takes in one message.
const maxAddresses = 100

// SendToUsers sends m to every connection of many users, whatever m.To says. It
// takes one message for each hundred of them; the result has the last one's id and
// the sum of the counts. On an error the messages before it have been sent, and
// the same call with an IdempotencyKey does not send them again.
func (p *Publisher) SendToUsers(ctx context.Context, users []string, m Message) (Result, error) {
	var all Result
	key := m.IdempotencyKey
	for n := 0; len(users) > 0; n++ {
		part := users[:min(len(users), maxAddresses)]
		users = users[len(part):]
		m.To = make([]string, len(part))
		for i, user := range part {
			m.To[i] = User(user)
		}
		if key != "" && n > 0 {
			m.IdempotencyKey = key + "/" + strconv.Itoa(n) // each message needs one of its own
		}
		res, err := p.Send(ctx, m)
		if err != nil {
			return all, err
		}
		all.ID, all.Duplicate = res.ID, all.Duplicate || res.Duplicate
		all.Connections += res.Connections
		all.Users += res.Users
	}
	return all, nil
}

// Publish sends m to the subscribers of a topic, whatever m.To says.
func (p *Publisher) Publish(ctx context.Context, topic string, m Message) (Result, error) {
	m.To = []string{Topic(topic)}
	return p.Send(ctx, m)
}

// Broadcast sends m to every connection, whatever m.To says.
func (p *Publisher) Broadcast(ctx context.Context, m Message) (Result, error) {
	m.To = []string{All}
	return p.Send(ctx, m)
}

const messagesPath = "/api/messages"

func (p *Publisher) receiptQuery() url.Values {
	if p.cfg.receipt == "" {
		return nil
	}
	return url.Values{"receipt": {p.cfg.receipt}}
}

// decode reads the one JSON value of an answer.
func decode(answer []byte, v any) error {
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("%w: %w", ErrResponse, err)
	}
	return nil
}
