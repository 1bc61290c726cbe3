package engine

import (
	"context"
	"time"
)

// LeaseTTL is how long a hub counts as alive after it last announced itself,
// and LeaseEvery how often it does so.
const (
	LeaseTTL   = 15 * time.Second
	LeaseEvery = 5 * time.Second
)

// Lease is what a hub tells the others of itself. It is small: users and
// connections are asked for when somebody wants to know, see Cluster.Ask.
type Lease struct {
	Hub         string    `json:"hub"`         // the instance's name, unique in the cluster
	Boot        string    `json:"boot"`        // changes with every start of the instance
	Version     string    `json:"version"`     // of the program
	State       string    `json:"state"`       // "serving" or "draining"
	Since       time.Time `json:"since"`       // when it started
	Connections int64     `json:"connections"` // at the last renewal
	Users       int64     `json:"users"`
	Head        uint64    `json:"head"` // position up to which it has routed
}

// Cluster is how the hubs that share a log know of each other. Every Engine is
// one. All methods may be called from any goroutine.
type Cluster interface {
	// Announce stores or renews the hub's lease for LeaseTTL.
	Announce(ctx context.Context, l Lease) error

	// Withdraw removes the lease of a hub that leaves.
	Withdraw(ctx context.Context, l Lease) error

	// Leases returns the hubs that are alive, in the order of their names.
	Leases(ctx context.Context) ([]Lease, error)

	// Ask sends a question to every hub, the asking one included, and calls
	// answer, never twice at once, with each reply until ctx ends or answer
	// returns false. It does not know how many will come.
	Ask(ctx context.Context, question []byte, answer func(hub string, reply []byte) (more bool)) error

	// Answer has handle reply to questions in the name of hub until ctx ends. A
	// nil reply is not sent. It returns once questions arrive here, and stop
	// ends it and waits. A link that was lost is taken up again by itself.
	Answer(ctx context.Context, hub string, handle func(question []byte) (reply []byte)) (stop func(), err error)
}
