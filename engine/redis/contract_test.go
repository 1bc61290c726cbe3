package redis

import (
	"testing"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
)

func TestEngine_Contract(t *testing.T) {
	open := func(cfg Config) func(t *testing.T) engine.Engine {
		return func(t *testing.T) engine.Engine {
			t.Helper()
			return sharedServer(t).open(t, cfg)
		}
	}
	enginetest.Run(t, open(Config{}), enginetest.Options{OpenSmall: open(Config{MaxRecords: 20})})
}
