package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"example.org/hub/auth"
	"example.org/hub/client"
)

type sendCmd struct {
	To    string `arg:"" help:"Address: user/ID, topic/NAME, connection/ID or all."`
	Event string `arg:"" help:"Type of the event."`
	Data  string `arg:"" optional:"" default:"-" help:"JSON; - reads it from stdin."`

	internalFlags
	keyFlags
	Text           bool          `setting:"-" help:"The data is a plain string and not JSON."`
	Key            string        `setting:"-" help:"Replaces an older message of this key that a slow client has not read yet."`
	TTL            time.Duration `setting:"-" help:"How long it can be replayed, if shorter than the log's own."`
	Transient      bool          `setting:"-" help:"At most once, never replayed."`
	Except         string        `setting:"-" placeholder:"ID" help:"Connection that does not get it."`
	IdempotencyKey string        `setting:"-" placeholder:"KEY" help:"Repeating it with the same key within two minutes sends it once."`
	Cluster        bool          `setting:"-" help:"Count the connections of all hubs, not only of the one that answers."`
}

// Run sends one message and prints the hub's answer.
func (c *sendCmd) Run(p *program) error {
	key, err := c.apiKey(p, auth.ScopePublish)
	if err != nil {
		return err
	}
	data, err := c.data(os.Stdin)
	if err != nil {
		return err
	}
	transport, err := c.transport(p)
	if err != nil {
		return err
	}
	transport.Proxy = http.ProxyFromEnvironment
	opts := []client.Option{client.WithAPIKey(key), client.WithHTTPClient(&http.Client{Transport: transport})}
	if c.Cluster {
		opts = append(opts, client.WithClusterReceipt())
	}
	hub, err := client.NewPublisher(c.base(p), opts...)
	if err != nil {
		return configError{err}
	}
	defer hub.Close()
	result, err := hub.Send(p.ctx, client.Message{
		To: []string{c.To}, Event: c.Event, Data: data, Key: c.Key, TTL: c.TTL,
		Transient: c.Transient, Except: c.Except, IdempotencyKey: c.IdempotencyKey,
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(p.stdout).Encode(result)
}

// data returns what the message carries, as client takes it.
func (c *sendCmd) data(stdin io.Reader) (any, error) {
	text := []byte(c.Data)
	if c.Data == "-" {
		var err error
		if text, err = io.ReadAll(stdin); err != nil {
			return nil, fmt.Errorf("read data: %w", err)
		}
	}
	if c.Text {
		return string(text), nil
	}
	if !json.Valid(text) {
		return nil, configErrorf("the data is not JSON; --text sends it as a string")
	}
	return json.RawMessage(text), nil
}
