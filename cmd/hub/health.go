package main

import (
	"context"

	"example.org/hub/transport"
)

// openHealth serves the probes on a listener of their own, if there is to be one:
// before all else, since what follows may wait long for the log.
func (n *node) openHealth() error {
	if all, _ := inherited(); n.cfg.HealthListen == "" && len(all["health"]) == 0 {
		return nil
	}
	ln, err := n.open("health", n.cfg.HealthListen, transport.ListenConfig{})
	if err != nil {
		return err
	}
	n.health, n.healthListener = transport.NewHealth(n.log), ln
	n.log.Info("listening", "listener", "health", "addr", listenerText(ln.Addr()))
	go n.serve("health", n.health.Serve, ln)
	return nil
}

// closeHealth ends the probes, after everything else.
func (n *node) closeHealth(ctx context.Context) error {
	if n.health == nil {
		return nil
	}
	err := n.health.Shutdown(ctx)
	_ = n.healthListener.Close() // also where it was never served
	return err
}
