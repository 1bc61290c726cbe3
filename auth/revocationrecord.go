package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"example.org/hub/engine"
)

const (
	revocationVersion = 1
	revokedPerRecord  = 200 // users; names of 256 bytes make 64 KB of them
)

// errRevocationRecord is why the body of a record was not understood.
var errRevocationRecord = errors.New("not a revocations' record")

// revocationRecord is the body of a record of kind engine.Revoked.
type revocationRecord struct {
	Version int                  `json:"v"`
	Before  map[string]time.Time `json:"before,omitempty"` // by user
	Floor   time.Time            `json:"floor,omitzero"`   // for every user
}

// Records returns records that repeat all that is revoked, for a log that would
// forget it. There are none if nothing is.
func (r *Revocations) Records(now time.Time) ([]*engine.Record, error) {
	r.mu.Lock()
	if r.lifetime > 0 {
		r.sweep(now)
	}
	before, floor := maps.Clone(r.before), r.floor
	r.mu.Unlock()
	var records []*engine.Record
	part := revocationRecord{Version: revocationVersion, Before: map[string]time.Time{}, Floor: floor}
	add := func() error {
		body, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("encode revocations: %w", err)
		}
		records = append(records, &engine.Record{Kind: engine.Revoked, To: []engine.Address{engine.All}, Body: body, Time: now})
		part = revocationRecord{Version: revocationVersion, Before: map[string]time.Time{}}
		return nil
	}
	for user, since := range before {
		part.Before[user] = since
		if len(part.Before) == revokedPerRecord {
			if err := add(); err != nil {
				return nil, err
			}
		}
	}
	if len(part.Before) > 0 || !part.Floor.IsZero() {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Apply takes a record that Records made, and returns the users for whom it is
// news, because this hub has missed what it repeats. It returns an error for what
// it does not understand.
func (r *Revocations) Apply(rec *engine.Record) (news []string, err error) {
	var body revocationRecord
	if err := json.Unmarshal(rec.Body, &body); err != nil {
		return nil, fmt.Errorf("%w: %w", errRevocationRecord, err)
	}
	if body.Version != revocationVersion {
		return nil, fmt.Errorf("%w: version %d", errRevocationRecord, body.Version)
	}
	for user, before := range body.Before {
		if r.isNews(user, before) {
			news = append(news, user)
			r.Revoke(user, before)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.floor = latest(r.floor, body.Floor)
	return news, nil
}

// isNews reports whether tokens would be refused that are not yet. Times travel
// with less precision than they are kept with where they were made.
func (r *Revocations) isNews(user string, before time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return before.After(latest(r.before[user], r.floor))
}
