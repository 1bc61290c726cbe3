package cluster

import (
	"log/slog"
	"time"

	"example.org/hub/engine"
)

// The states of a lease.
const (
	Serving  = "serving"
	Draining = "draining"
)

// GatherTimeout is the longest time that a question waits for answers.
const GatherTimeout = 500 * time.Millisecond

// announceTimeout is for one renewal of the lease.
const announceTimeout = 3 * time.Second

// Config is what a Member needs. All fields but Log are required.
type Config struct {
	Cluster engine.Cluster
	Hub     string // the instance's name, unique in the cluster
	Boot    string // changes with every start
	Version string // of the program
	Log     *slog.Logger

	// Figures is asked at each renewal for what the lease says of the hub.
	Figures func() (connections, users int64, head uint64)
}
