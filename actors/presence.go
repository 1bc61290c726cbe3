package actors

import "time"

// ConnectionInfo is what presence shows of one connection.
type ConnectionInfo struct {
	ID          string    `json:"id"`
	Remote      string    `json:"remote"`
	UserAgent   string    `json:"userAgent,omitempty"`
	Since       time.Time `json:"since"`       // when it was attached
	LastWrite   time.Time `json:"lastWrite"`   // when the kernel last accepted bytes
	QueuedBytes int       `json:"queuedBytes"` // waiting for the client to read
	Topics      []string  `json:"topics,omitempty"`
	Instance    string    `json:"instance"`
}

// UserInfo is what presence shows of one user with open connections.
type UserInfo struct {
	ID          string           `json:"id"`
	Connections []ConnectionInfo `json:"connections"`
}

// Stats are the figures of this hub.
type Stats struct {
	Connections      int64
	Users            int64
	Topics           int64
	EventsRouted     uint64 // entries that came from the log
	EventsDelivered  uint64 // events that the kernel accepted, counted per connection
	BytesSent        uint64
	SlowConsumers    uint64 // streams that found no room, since the start
	ConnectionsTotal uint64 // streams attached since the start
	Latencies        Latencies
}
