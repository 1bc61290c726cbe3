package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Presence is where a user is connected.
type Presence struct {
	User        string           `json:"id"`
	Connections []ConnectionInfo `json:"connections"`
}

// ConnectionInfo is one open stream of a user.
type ConnectionInfo struct {
	ID          string    `json:"id"`
	Instance    string    `json:"instance"` // the hub that holds it
	Remote      string    `json:"remote"`
	UserAgent   string    `json:"userAgent"`
	Since       time.Time `json:"since"`
	LastWrite   time.Time `json:"lastWrite"`   // when the hub's kernel last took bytes for it
	QueuedBytes int       `json:"queuedBytes"` // waiting for the client to read
	Topics      []string  `json:"topics"`
}

// Online reports whether the user has an open stream.
func (p Presence) Online() bool { return len(p.Connections) > 0 }

// Presence asks where a user is connected. A user without connections is no
// error. It needs the scope presence.
func (p *Publisher) Presence(ctx context.Context, user string) (Presence, error) {
	var out Presence
	_, err := p.ask(ctx, "presence", "/api/users/"+segment(user), &out)
	return out, err
}

// Disconnect ends the streams of a user on every hub, whose client comes back
// if it may. The result counts those of the hub that answers. It needs the
// scope admin, as the two below do.
func (p *Publisher) Disconnect(ctx context.Context, user string) (Result, error) {
	return p.command(ctx, "disconnect", http.MethodDelete, "/api/users/"+segment(user)+"/connections")
}

// DisconnectConnection ends one stream.
func (p *Publisher) DisconnectConnection(ctx context.Context, id string) (Result, error) {
	return p.command(ctx, "disconnect", http.MethodDelete, "/api/connections/"+segment(id))
}

// Revoke ends the streams of a user and makes the hubs refuse every token of
// theirs that was issued before now.
func (p *Publisher) Revoke(ctx context.Context, user string) (Result, error) {
	return p.command(ctx, "revoke", http.MethodPost, "/api/users/"+segment(user)+"/revoke")
}

// ask gets a path and decodes the answer, which it returns as well.
func (p *Publisher) ask(ctx context.Context, what, path string, v any) (json.RawMessage, error) {
	answer, err := p.do(ctx, call{method: http.MethodGet, path: path})
	if err == nil {
		err = decode(answer, v)
	}
	if err != nil {
		return nil, fmt.Errorf("client: %s: %w", what, err)
	}
	return answer, nil
}

func (p *Publisher) command(ctx context.Context, what, method, path string) (Result, error) {
	var res Result
	answer, err := p.do(ctx, call{method: method, path: path, idempotencyKey: rand.Text()})
	if err == nil {
		err = decode(answer, &res)
	}
	if err != nil {
		return res, fmt.Errorf("client: %s: %w", what, err)
	}
	return res, nil
}

// segment escapes a name to be one segment of a path, dots included: as "." and
// ".." they would be taken for steps in the tree.
func segment(name string) string {
	if strings.Trim(name, ".") == "" {
		return strings.Repeat("%2E", len(name))
	}
	return url.PathEscape(name)
}
