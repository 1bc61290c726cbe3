package actors

import (
	"context"
	"log/slog"
	"time"
)

// The begin and end of streams are for those who look for one and have turned
// Debug on. Who a stream belongs to is in presence, not in the log.

func (h *Hub) logsStreams() bool { return h.cfg.Log.Enabled(context.Background(), slog.LevelDebug) }

// logOpened also says by which request, if that had an id. The end goes by conn_id: a
// text for each connection would be dear.
func (h *Hub) logOpened(c *connection, requestID string) {
	if !h.logsStreams() {
		return
	}
	log := h.cfg.Log
	if requestID != "" {
		log = log.With("request_id", requestID)
	}
	log.Debug("stream opened", "conn_id", connectionID(c.id), "remote_ip", c.remote.String())
}

func (h *Hub) logClosed(c *connection, reason Reason) {
	if h.logsStreams() {
		age := time.Since(time.UnixMilli(c.since)).Round(time.Millisecond)
		h.cfg.Log.Debug("stream closed", "conn_id", connectionID(c.id), "remote_ip", c.remote.String(),
			"reason", string(reason), "age", age.String())
	}
}
