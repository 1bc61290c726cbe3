package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"example.org/hub/engine"
	"example.org/hub/engine/enginetest"
	"example.org/hub/engine/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEngine_Contract(t *testing.T) {
	open := func(cfg memory.Config) func(t *testing.T) engine.Engine {
		return func(t *testing.T) engine.Engine {
			t.Helper()
			eng := memory.New(cfg)
			t.Cleanup(func() { _ = eng.Close() })
			return eng
		}
	}
	enginetest.Run(t, open(memory.DefaultConfig()), enginetest.Options{
		OpenSmall: open(memory.Config{MaxRecords: 20}),
	})
}
