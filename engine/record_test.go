package engine_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/hub/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRecord_Expired(t *testing.T) {
	born := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name string
		ttl  time.Duration
		age  time.Duration
		want bool
	}{
		{"no TTL never expires", 0, 1000 * time.Hour, false},
		{"a younger record lives", time.Second, time.Second - 1, false},
		{"the TTL itself is the end", time.Second, time.Second, true},
		{"an older record is gone", time.Second, time.Minute, true},
		{"a publisher's clock that is ahead keeps it", time.Second, -time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := engine.Record{Time: born, TTL: tt.ttl}
			if got := r.Expired(born.Add(tt.age)); got != tt.want {
				t.Errorf("Expired = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRecord_SizeCountsEverythingThatGrows(t *testing.T) {
	empty := (&engine.Record{}).Size()
	if empty <= 0 {
		t.Fatalf("an empty record counts %d bytes", empty)
	}
	r := engine.Record{
		To:     []engine.Address{"user/a", "all"},
		Name:   "notification",
		Body:   make([]byte, 1000),
		ID:     "own",
		Key:    "k",
		Except: "conn",
	}
	const content = 6 + 3 + 12 + 1000 + 3 + 1 + 4
	if got := r.Size() - empty; got != content {
		t.Errorf("content counts %d bytes, want %d", got, content)
	}
}
