package main

import (
	"bytes"
	"fmt"
	"net/http"
)

type healthcheckCmd struct{ internalFlags }

// Run succeeds if the hub is ready for traffic. It is for containers that have
// no other program to ask with.
func (c *healthcheckCmd) Run(p *program) error {
	status, body, err := c.get(p, "/readyz", "")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("not ready: status %d: %s", status, bytes.TrimSpace(body))
	}
	_, err = fmt.Fprintln(p.stdout, "ready")
	return err
}
