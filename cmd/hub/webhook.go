package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"example.org/hub/cluster"
	"example.org/hub/webhook"
)

// webhookFlush is for what is queued to be posted when the hub stops.
const webhookFlush = 2 * time.Second

func (s *settings) checkWebhook() error {
	if s.WebhookURL == "" && s.WebhookSecretFile == "" {
		return nil
	}
	if s.WebhookURL == "" || s.WebhookSecretFile == "" {
		return errors.New("--webhook-url and --webhook-secret-file go together")
	}
	u, err := url.Parse(s.WebhookURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("--webhook-url: want an absolute http or https URL") // which may hold a secret
	}
	if s.WebhookDebounce < time.Second {
		return fmt.Errorf("--webhook-debounce %s: at least 1s", s.WebhookDebounce)
	}
	_, err = s.webhookSecret()
	return err
}

func (s *settings) webhookSecret() ([]byte, error) {
	text, err := os.ReadFile(s.WebhookSecretFile)
	if err != nil {
		return nil, fmt.Errorf("--webhook-secret-file: %w", err)
	}
	secret, err := webhook.ParseSecret(text)
	if err != nil {
		return nil, fmt.Errorf("--webhook-secret-file: %w", err)
	}
	return secret, nil
}

// watchPresence begins to follow who is online, if that is to be told.
func (n *node) watchPresence() error {
	if n.journal == nil {
		return nil
	}
	secret, err := n.cfg.webhookSecret()
	if err != nil {
		return configError{err}
	}
	n.webhook = webhook.Watch(webhook.Config{
		URL: n.cfg.WebhookURL, Secret: secret, Debounce: n.cfg.WebhookDebounce, Instance: n.cfg.Instance,
		Cluster: n.member, Journal: n.journal, Log: n.log, Metrics: n.metrics,
	})
	return nil
}

func (n *node) closeWebhook(ctx context.Context) {
	if n.webhook == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, webhookFlush)
	defer cancel()
	n.webhook.Close(ctx)
}

// answer replies to questions of other hubs.
func (n *node) answer(q cluster.Question) []byte {
	if q.Kind != cluster.Changes {
		return n.server.Answer(q)
	}
	if n.journal == nil {
		return nil
	}
	text, err := json.Marshal(n.journal.Since(q.Cursors[n.cfg.Instance]))
	if err != nil {
		n.log.Error("journal for another hub not encoded", "err", err)
		return nil
	}
	return text
}
