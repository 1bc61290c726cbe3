package actors

import (
	"encoding/json"
	"math/rand/v2"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// open begins the stream: head, first block, what the client missed, and the
// position from which live events follow. Nothing was pushed before it, and
// what is pushed after it lies behind upTo, so no event is lost or sent twice.
func (c *connection) open(w *worker, m *open) {
	if c.state != waiting {
		return
	}
	if err := c.stream.Start(c); err != nil {
		c.hub.cfg.Log.Debug("stream not started", "conn_id", connectionID(c.id), "err", err)
		c.end(ReasonWriteError)
		return
	}
	c.state = streaming
	if m.attach.Mercure != nil {
		c.openMercure(w, m)
		return
	}
	var missed []*history.Entry
	var gap *history.Gap
	if m.attach.LastEventID != "" {
		missed, gap = c.replay(m.attach.Query(), m.upTo)
	}
	resumed := m.attach.LastEventID != "" && gap == nil

	first := append(w.join[:0], m.attach.Head...)
	first = sse.AppendRetry(first, c.hub.retry())
	first = c.appendConnected(first, w.now, resumed)
	if gap != nil {
		first = appendGap(first, gap)
	}
	if len(missed) == 0 {
		first = c.appendRest(first, m)
	}
	if len(first) <= cap(w.join) {
		first = append([]byte(nil), first...)
	}
	w.batch = append(w.batch, firstFrame(first, len(m.attach.Head), c.gzip))
	if len(missed) == 0 {
		return
	}
	for _, entry := range missed {
		w.batch = append(w.batch, c.event(entry, false))
	}
	w.batch = append(w.batch, ownFrame(c.appendRest(nil, m), c.gzip))
}

// replay reads from the window what the connection missed.
func (c *connection) replay(query history.Query, upTo engine.Position) ([]*history.Entry, *history.Gap) {
	began := time.Now()
	query.UpTo = upTo.Seq
	missed, gap := c.hub.cfg.Window.Replay(query)
	if c.hub.cfg.Window.Epoch() != upTo.Epoch {
		// The log began anew since the attach, and numbers mean something else.
		// The connection is told so by a message that is behind this one.
		missed, gap = nil, &history.Gap{To: upTo.String(), Reason: history.GapEpoch}
		if _, err := engine.ParsePosition(query.LastEventID); err == nil {
			gap.From = query.LastEventID
		}
	}
	if pos, err := engine.ParsePosition(query.LastEventID); err == nil && gap == nil {
		c.seen = pos.Seq
	}
	c.hub.metrics.replayed(began, gap)
	return missed, gap
}

// appendRest appends what follows the replay: the head position, so that a
// client which has seen no event can resume too, and the dashboard's figures.
func (c *connection) appendRest(b []byte, m *open) []byte {
	pos := m.upTo
	pos.Seq = max(pos.Seq, c.seen) // never back
	b = append(sse.AppendID(b, pos.String()), '\n')
	return append(b, m.dashboard...)
}

func (c *connection) appendConnected(b []byte, now time.Time, resumed bool) []byte {
	hello := sse.Connected{
		ConnectionID: connectionID(c.id),
		UserID:       c.user.id,
		Instance:     c.hub.cfg.Instance,
		HeartbeatMs:  c.hub.cfg.Heartbeat.Milliseconds(),
		Resumed:      resumed,
	}
	if c.expires != 0 && c.ends == ReasonTokenExpired {
		hello.TokenExpiresInMs = max(1, c.expires-now.UnixMilli())
	}
	return appendJSON(b, sse.EventConnected, hello)
}

// finish says goodbye, if nothing is half sent, and ends the stream. The client
// comes back after a time of its own, so that clients do not return together.
func (c *connection) finish(w *worker, reason Reason) {
	if c.state == waiting { // its open was lost with its user
		c.end(reason)
		return
	}
	c.flush(w)
	w.forget()
	if c.state == ended {
		return
	}
	if c.out == nil || c.out.empty() {
		retry := c.hub.retry()
		bye := sse.AppendRetry(nil, retry)
		if c.dialect == mercureDialect {
			bye = bye[:len(bye)-1] // see openMercure
		} else {
			bye = appendJSON(bye, sse.EventReconnect, sse.Reconnect{Reason: string(reason), RetryMs: retry.Milliseconds()})
		}
		if c.gzip {
			bye = c.sum().appendLast(bye)
		}
		if _, ok := c.write(w, bye); !ok {
			return
		}
	}
	c.end(reason)
}

// appendJSON appends an event of the hub's own. Its payloads marshal and its
// names are valid by construction.
func appendJSON(b []byte, name string, payload any) []byte {
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	b, err = sse.AppendEvent(b, &sse.Event{Name: name, Data: data})
	if err != nil {
		panic(err)
	}
	return b
}

func appendGap(b []byte, gap *history.Gap) []byte {
	return appendJSON(b, sse.EventGap, sse.Gap{From: gap.From, To: gap.To, Reason: string(gap.Reason)})
}

// gapFrame tells a slow consumer which events it will not get. The id-only block
// behind it moves its position on: the client has been told.
func gapFrame(from, to string) []byte {
	b := appendGap(nil, &history.Gap{From: from, To: to, Reason: history.GapSlow})
	return append(sse.AppendID(b, to), '\n')
}

// appendPosition appends the id line of a position in the current epoch.
func (h *Hub) appendPosition(b []byte, seq uint64) []byte {
	return sse.AppendID(b, h.position(seq))
}

func (h *Hub) position(seq uint64) string {
	return engine.Position{Epoch: *h.epoch.Load(), Seq: seq}.String()
}

func (h *Hub) setEpoch(epoch string) { h.epoch.Store(&epoch) }

// retry returns a reconnection time from the configured range.
func (h *Hub) retry() time.Duration {
	spread := int64(h.cfg.RetryMax-h.cfg.RetryMin) / int64(time.Millisecond)
	return h.cfg.RetryMin + time.Duration(rand.Int64N(spread+1))*time.Millisecond
}
