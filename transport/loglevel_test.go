package transport

import (
	"strings"
	"testing"
)

func TestLogLevel(t *testing.T) {
	h := newTestHub(t)
	key := apiKeyHeader(adminKey)
	if r := h.ask("PUT", "/api/log-level?level=error", "", key); r.status() != 200 || r.body != `{"level":"error"}` {
		t.Errorf("got %d %s", r.status(), r.body)
	}
	h.log.Warn("too quiet")
	if r := h.ask("PUT", "/api/log-level?level=debug", "", key); r.body != `{"level":"debug"}` {
		t.Errorf("got %d %s", r.status(), r.body)
	}
	h.log.Debug("loud enough")
	for _, bad := range []string{"", "?level=", "?level=DEBUG", "?level=off"} {
		h.ask("PUT", "/api/log-level"+bad, "", key).want(t, 400, "invalid_level")
	}
	if r := h.ask("GET", "/api/log-level", "", key); r.body != `{"level":"debug"}` {
		t.Errorf("got %d %s", r.status(), r.body)
	}
	if log := h.logs.String(); strings.Contains(log, "too quiet") || !strings.Contains(log, "loud enough") {
		t.Errorf("the log is %s", log)
	}
}
