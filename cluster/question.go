package cluster

import (
	"encoding/json"
	"errors"
	"fmt"

	"example.org/hub/engine"
)

// Version is that of the questions. A hub does not answer those of another
// version, so that it is listed as silent during an upgrade.
const Version = 1

// Kind says what is asked for.
type Kind string

// The kinds of questions.
const (
	Users   Kind = "users"   // a page of who is connected
	User    Kind = "user"    // the connections of one user
	Stats   Kind = "stats"   // the hub's figures
	Receipt Kind = "receipt" // whom records have reached
	Changes Kind = "changes" // who came to the hub and left it, for webhooks
	hello   Kind = "hello"   // the asker's lease has changed; members answer it themselves
)

// Question is what one hub asks all others.
type Question struct {
	Version int           `json:"v"`
	Kind    Kind          `json:"kind"`
	From    string        `json:"from"`             // the hub that asks; Gather sets it
	After   string        `json:"after,omitempty"`  // Users: only ids behind this one
	Limit   int           `json:"limit,omitempty"`  // Users: at most so many
	ID      string        `json:"id,omitempty"`     // User
	Origin  uint64        `json:"origin,omitempty"` // Receipt: the hub that appended the records
	Nonces  []uint64      `json:"nonces,omitempty"` // Receipt: the records
	Lease   *engine.Lease `json:"lease,omitempty"`  // hello

	Cursors map[string]Cursor `json:"cursors,omitempty"` // Changes: where the asker is, by hub
}

// Cursor is a place in the journal of a hub.
type Cursor struct {
	Journal string `json:"journal"` // each start of a hub has another
	Anew    int    `json:"anew"`    // how often it had been written anew; Next means nothing for another number
	Next    int    `json:"next"`    // in what happened
	Told    int    `json:"told"`    // in what the hub told
}

// errQuestion is why a question gets no answer.
var errQuestion = errors.New("not a question of this version")

func (q Question) encode(from string) ([]byte, error) {
	q.Version, q.From = Version, from
	text, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode question: %w", err)
	}
	return text, nil
}

// parseQuestion reads what encode wrote. Fields that it does not know are left
// out: a later program may have added them.
func parseQuestion(text []byte) (Question, error) {
	var q Question
	if err := json.Unmarshal(text, &q); err != nil {
		return Question{}, fmt.Errorf("%w: %w", errQuestion, err)
	}
	if q.Version != Version {
		return Question{}, fmt.Errorf("%w: version %d", errQuestion, q.Version)
	}
	return q, nil
}
