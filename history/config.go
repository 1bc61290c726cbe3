package history

import (
	"time"

	"example.org/hub/engine"
)

// Config says how much of the log a hub keeps for replay. A zero field takes
// its value from DefaultConfig.
type Config struct {
	// MaxAge is how long an entry can be replayed, counted from the time of its
	// record.
	MaxAge time.Duration

	// MaxEvents is how many entries are kept.
	MaxEvents int

	// MaxBytes is how much they may take: their records by engine.Record.Size
	// and their frames.
	MaxBytes int64

	// MaxReplay is how many entries one resuming connection gets at most. It
	// gets the newest and a gap for the others.
	MaxReplay int

	// OnReset, if set, is called when the log could not be followed without a
	// break: every open stream has missed the entries of the gap. It is called
	// between two deliveries and in order with them.
	OnReset func(Gap)

	// OnControl, if set, is called with every record that is not an event, in
	// order and before its entry is delivered. It also gets those that are only
	// loaded, by Open or after a reset, which deliver does not.
	OnControl func(*engine.Record)
}

// DefaultConfig returns 10 minutes, 100,000 events, 64 MiB and a replay of 1,000.
func DefaultConfig() Config {
	return Config{
		MaxAge:    10 * time.Minute,
		MaxEvents: 100_000,
		MaxBytes:  64 << 20,
		MaxReplay: 1000,
	}
}

// orDefault returns c with its zero fields filled in.
func (c Config) orDefault() Config {
	def := DefaultConfig()
	if c.MaxAge <= 0 {
		c.MaxAge = def.MaxAge
	}
	if c.MaxEvents <= 0 {
		c.MaxEvents = def.MaxEvents
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = def.MaxBytes
	}
	if c.MaxReplay <= 0 {
		c.MaxReplay = def.MaxReplay
	}
	if c.OnReset == nil {
		c.OnReset = func(Gap) {}
	}
	if c.OnControl == nil {
		c.OnControl = func(*engine.Record) {}
	}
	return c
}
