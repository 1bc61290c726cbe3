package actors

import (
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// Config is what a Hub needs. Start from DefaultConfig.
type Config struct {
	Instance      string            // this hub's name, shown to clients and in presence
	Window        *history.Window   // where replays come from
	Heartbeat     time.Duration     // between signs of life on a quiet stream, within 10 %
	MaxAge        time.Duration     // longest life of a stream, less up to 10 %; 0 for no limit
	WriteTimeout  time.Duration     // longest time that a client may take nothing while bytes wait for it
	SlowPolicy    engine.SlowPolicy // for events that name none; not SlowDefault
	MaxQueueBytes int               // of live events that wait for one client; a single one may be larger
	MaxPerUser    int               // connections of one user; 0 for no limit
	RetryMin      time.Duration     // range of the reconnection time told to clients
	RetryMax      time.Duration
	Workers       int // of the pool

	// OnPresence is told of a user's first connection here, and of the end of its
	// last one, if it has a name. It is called by the registry, so it must be quick;
	// nil for nobody.
	OnPresence func(user string, online bool)

	Log     *slog.Logger
	Metrics *metrics.Set
}

// DefaultConfig returns the values for production. Window has no default.
func DefaultConfig() Config {
	return Config{
		Instance:      "hub",
		Heartbeat:     15 * time.Second,
		WriteTimeout:  10 * time.Second,
		SlowPolicy:    engine.SlowConflate,
		MaxQueueBytes: 64 << 10,
		MaxPerUser:    100,
		RetryMin:      2 * time.Second,
		RetryMax:      5 * time.Second,
		Workers:       runtime.GOMAXPROCS(0),
		Log:           slog.New(slog.DiscardHandler),
		Metrics:       metrics.NewSet(),
	}
}

func (c *Config) validate() error {
	switch {
	case c.Window == nil:
		return errors.New("actors: Config.Window is required")
	case c.Heartbeat < tickEvery || c.WriteTimeout < tickEvery:
		return errors.New("actors: Heartbeat and WriteTimeout are at least 100ms")
	case c.SlowPolicy == engine.SlowDefault:
		return errors.New("actors: SlowPolicy names a policy")
	case c.RetryMin <= 0 || c.RetryMax < c.RetryMin:
		return errors.New("actors: RetryMin is positive and at most RetryMax")
	case c.Workers < 1 || c.MaxQueueBytes < 1:
		return errors.New("actors: Workers and MaxQueueBytes are at least 1")
	}
	return nil
}
