package nats

import (
	"testing"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
)

// opener opens a fresh log in each call.
func opener(config func(t *testing.T) Config, records int64) func(t *testing.T) engine.Engine {
	return func(t *testing.T) engine.Engine {
		t.Helper()
		cfg := config(t)
		cfg.MaxRecords = records
		cfg.ackTimeout, cfg.requestTimeout = 30*time.Second, 30*time.Second // the machine may be busy
		return mustOpen(t, small(cfg))
	}
}

func runContract(t *testing.T, config func(t *testing.T) Config) {
	t.Helper()
	enginetest.Run(t, opener(config, 0), enginetest.Options{OpenSmall: opener(config, 20)})
}

func TestEngine_ContractMemoryStore(t *testing.T) {
	runContract(t, func(*testing.T) Config { return Config{} })
}

func TestEngine_ContractFileStore(t *testing.T) {
	runContract(t, func(t *testing.T) Config {
		t.Helper()
		return Config{DataDir: t.TempDir()}
	})
}

func TestEngine_ContractExternal(t *testing.T) {
	s := startExternal(t, t.TempDir(), -1, nil)
	runContract(t, func(*testing.T) Config {
		return Config{URLs: []string{s.ClientURL()}, Namespace: freshNamespace()}
	})
}
