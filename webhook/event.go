package webhook

import (
	"encoding/json"
	"fmt"
	"time"
)

// The types of events, and of a body that holds several.
const (
	UserOnline  = "user.online"
	UserOffline = "user.offline"
	Batch       = "batch"
)

// Event says that a user came online or went offline, in the whole cluster.
type Event struct {
	Type     string    `json:"type"`
	User     string    `json:"userId"`
	At       time.Time `json:"at"`       // when, before the debounce
	Instance string    `json:"instance"` // the hub that it came to, or left last
}

// encode returns the body for one event or several.
func encode(events []Event) ([]byte, error) {
	var v any = struct {
		Type   string  `json:"type"`
		Events []Event `json:"events"`
	}{Batch, events}
	if len(events) == 1 {
		v = events[0]
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode events: %w", err)
	}
	return body, nil
}

// ago is a time so many milliseconds before now, in the precision of events.
func ago(now time.Time, age int64) time.Time {
	return now.Add(-time.Duration(age) * time.Millisecond).UTC().Truncate(time.Millisecond)
}
