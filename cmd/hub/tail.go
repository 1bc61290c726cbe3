package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.org/hub/auth"
	"example.org/hub/client"
	"example.org/hub/sse"
)

type tailCmd struct {
	mintFlags
	StreamURL   string   `name:"stream-url" placeholder:"URL" help:"Public address of the hub; where HUB_LISTEN points, or 127.0.0.1:8080; https with HUB_TLS_CERT."`
	Token       string   `help:"Token to stream with; better in the variable."`
	User        string   `help:"Whose stream to follow, with a token minted by --jwt-secret-file."`
	Topics      []string `placeholder:"TOPIC" help:"Topics to subscribe to."`
	Events      []string `placeholder:"TYPE" help:"Print only events of these types, and the hub's own."`
	LastEventID string   `name:"last-event-id" placeholder:"ID" help:"Start after this event."`
	Dashboard   bool     `setting:"-" help:"Follow the dashboard's stream instead."`
	Pings       bool     `setting:"-" help:"Print the heartbeats too."`
	JSON        bool     `name:"json" setting:"-" help:"Print each event as a line of JSON."`
	Count       int      `setting:"-" help:"Stop after so many events."`
}

// Run prints events until the stream ends for good, reconnecting in between.
func (c *tailCmd) Run(p *program) error {
	tokens, err := c.tokens(p)
	if err != nil {
		return err
	}
	opts := []client.Option{client.WithTokenSource(tokens), client.OnState(func(s client.Status) {
		if s.State == client.Waiting {
			fmt.Fprintf(p.stderr, "hub: interrupted: %v; again in %v\n", s.Err, s.RetryIn.Round(100*time.Millisecond))
		}
	})}
	if len(c.Topics) > 0 {
		opts = append(opts, client.WithTopics(c.Topics...))
	}
	if len(c.Events) > 0 {
		opts = append(opts, client.WithEvents(c.Events...))
	}
	if c.LastEventID != "" {
		opts = append(opts, client.WithLastEventID(c.LastEventID))
	}
	stream, err := client.Subscribe(p.ctx, c.url(p), opts...)
	if err != nil {
		return configError{err}
	}
	defer stream.Close()
	return c.print(p, stream)
}

func (c *tailCmd) print(p *program, stream *client.Stream) error {
	write := writeLine
	if c.JSON {
		write = writeJSON
	}
	printed := 0
	for ev, err := range stream.Events() {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		if ev.Name == sse.EventPing && !c.Pings {
			continue
		}
		if err := write(p.stdout, &ev, time.Now()); err != nil {
			return err
		}
		if printed++; printed == c.Count {
			return nil
		}
	}
	return nil
}

func (c *tailCmd) url(p *program) string {
	scheme, addr := "http://", "127.0.0.1:8080"
	if p.sources.env[variable("tls-cert")] != "" {
		scheme = "https://"
	}
	if here := p.sources.env[variable("listen")]; here != "" {
		addr = reachable(here)
	}
	base := scheme + addr
	if c.StreamURL != "" {
		base = strings.TrimSuffix(c.StreamURL, "/")
	}
	if c.Dashboard {
		return base + "/api/dashboard/sse"
	}
	return base + "/api/sse"
}

// tokens returns the given token, or mints one for every attempt, so that the
// tail outlives each of them. Of a token and a user the flag counts, not the
// variable.
func (c *tailCmd) tokens(p *program) (client.TokenSource, error) {
	byToken, byUser := c.Token != "", c.User != ""
	if byToken && byUser {
		byToken = p.sources.origin("token") == fromFlag
		byUser = p.sources.origin("user") == fromFlag
	}
	switch {
	case byToken == byUser:
		return nil, configErrorf("either --token or --user with --jwt-secret-file is needed")
	case byToken:
		return client.StaticToken(c.Token), nil
	}
	claims := auth.Claims{User: c.User, Topics: c.Topics, TTL: time.Hour}
	if c.Dashboard {
		claims.Scopes = []auth.Scope{auth.ScopeDashboard}
	}
	if _, err := c.mint(claims); err != nil {
		return nil, err
	}
	return func(context.Context, bool) (string, error) { return c.mint(claims) }, nil
}
