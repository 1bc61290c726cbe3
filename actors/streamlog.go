package actors

import (
	"context"
	"log/slog"
	"time"
)

// The begin and end of streams are for those who look for one and have turned
// Debug on. Who a stream belongs to is in presence, not in the log.

func (h *Hub) logsStreams() bool { return h.cfg.Log.Enabled(context.Background(), slog.LevelDebug) }

func (h *Hub) logOpened(c *connection) {
	if h.logsStreams() {
		h.cfg.Log.Debug("stream opened", "conn_id", connectionID(c.id), "remote_ip", c.remote.String())
	}
}

func (h *Hub) logClosed(c *connection, reason Reason) {
	if h.logsStreams() {
		age := time.Since(time.UnixMilli(c.since)).Round(time.Millisecond)
		h.cfg.Log.Debug("stream closed", "conn_id", connectionID(c.id), "remote_ip", c.remote.String(),
			"reason", string(reason), "age", age.String())
	}
}
