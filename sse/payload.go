package sse

// Connected is the payload of EventConnected, the first event of every stream.
type Connected struct {
	ConnectionID     string `json:"connectionId"`
	UserID           string `json:"userId"`
	Instance         string `json:"instance"`                   // the hub that holds the stream
	HeartbeatMs      int64  `json:"heartbeatMs"`                // the longest silence of a live stream
	TokenExpiresInMs int64  `json:"tokenExpiresInMs,omitempty"` // when the stream will end, 0 for never
	Resumed          bool   `json:"resumed"`                    // whether everything after Last-Event-ID follows
}

// Gap is the payload of EventGap: events from From up to To, both included, were
// lost. It may name more than the client would have got, never less.
type Gap struct {
	From   string `json:"from"`   // the first lost position; for epoch the last that the client had, "" if unknown
	To     string `json:"to"`     // the last lost position: behind it the stream is whole again
	Reason string `json:"reason"` // expired, epoch, slow or limit
}

// Reconnect is the payload of EventReconnect, the last event of a stream that
// the hub ends.
type Reconnect struct {
	Reason  string `json:"reason"`
	RetryMs int64  `json:"retryMs"` // how long to wait, already spread over the clients
}

// Ping is the payload of EventPing.
type Ping struct {
	Time int64 `json:"time"` // milliseconds since the Unix epoch
}
