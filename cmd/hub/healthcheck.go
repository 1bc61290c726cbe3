package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"example.org/hub/transport"
)

type healthcheckCmd struct{ internalFlags }

// Run succeeds if the hub is ready for traffic. It is for containers that have
// no other program to ask with. If there is a listener for probes it asks there,
// unless it is told where to ask.
func (c *healthcheckCmd) Run(p *program) error {
	if addr := p.sources.env[variable("health-listen")]; addr != "" && c.URL == "" {
		c.URL = addr
		if !strings.HasPrefix(addr, transport.UnixPrefix) {
			c.URL = "http://" + reachable(addr)
		}
	}
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
