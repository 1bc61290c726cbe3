package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"example.org/hub/auth"
)

type statsCmd struct {
	internalFlags
	keyFlags
}

// Run prints the hub's figures as indented JSON.
func (c *statsCmd) Run(p *program) error {
	key, err := c.apiKey(p, auth.ScopePresence)
	if err != nil {
		return err
	}
	status, body, err := c.get(p, "/api/stats", key)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("ask hub: status %d: %s", status, bytes.TrimSpace(body))
	}
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(body), "", "  "); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	_, err = fmt.Fprintln(p.stdout, out.String())
	return err
}
