package memory

import "time"

// Config says how much the log retains. A zero field takes its value from
// DefaultConfig.
type Config struct {
	// MaxAge is how long a record is retained. It is applied when the log is
	// used: an idle log keeps old records in memory, but never hands them out.
	MaxAge time.Duration

	// MaxRecords is how many records are retained.
	MaxRecords int

	// MaxBytes is how much they may take, by engine.Record.Size. The newest
	// record is retained whatever its size.
	MaxBytes int64

	// MaxKeys is how many idempotency keys are remembered. Append refuses
	// further ones with engine.ErrUnavailable: to forget a key early would send
	// a message twice. A key takes about 60 bytes for up to twice
	// engine.IdempotencyTTL.
	MaxKeys int
}

// DefaultConfig returns 10 minutes, 100,000 records, 64 MiB and 4 Mi keys.
func DefaultConfig() Config {
	return Config{
		MaxAge:     10 * time.Minute,
		MaxRecords: 100_000,
		MaxBytes:   64 << 20,
		MaxKeys:    4 << 20,
	}
}

// orDefault returns c with its zero fields filled in.
func (c Config) orDefault() Config {
	def := DefaultConfig()
	if c.MaxAge <= 0 {
		c.MaxAge = def.MaxAge
	}
	if c.MaxRecords <= 0 {
		c.MaxRecords = def.MaxRecords
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = def.MaxBytes
	}
	if c.MaxKeys <= 0 {
		c.MaxKeys = def.MaxKeys
	}
	return c
}
