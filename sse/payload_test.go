package sse

import (
	"encoding/json"
	"testing"
)

// The names are the protocol: clients in other languages read them.
func TestPayload_JSONNames(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("got %s, %v\nwant %s", got, err, want)
		}
	}
	f(Connected{ConnectionID: "c", UserID: "u", Instance: "i", HeartbeatMs: 15000, TokenExpiresInMs: 9, Resumed: true},
		`{"connectionId":"c","userId":"u","instance":"i","heartbeatMs":15000,"tokenExpiresInMs":9,"resumed":true}`)
	f(Connected{}, `{"connectionId":"","userId":"","instance":"","heartbeatMs":0,"resumed":false}`)
	f(Gap{From: "a-1", To: "a-9", Reason: "expired"}, `{"from":"a-1","to":"a-9","reason":"expired"}`)
	f(Reconnect{Reason: "drain", RetryMs: 2500}, `{"reason":"drain","retryMs":2500}`)
	f(Ping{Time: 1}, `{"time":1}`)
}
