package transport

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/cluster"
	"example.org/hub/sse"
)

func TestDashboard_FiguresAndTopic(t *testing.T) {
	h := newTestHub(t)
	h.visit("GET", "/api/dashboard/sse", h.bearer("alice")).want(t, 403, "missing_scope")
	h.open("/api/sse", h.bearer("bob"))
	h.post(`{"to":"all","data":1}`).want(t, 202, "")
	r := h.open("/api/dashboard/sse?topics=news", h.bearer("alice", dashboardScope))
	first := r.until(sse.EventDashboardUpdate)
	var f dashboardUpdate
	h.check(json.Unmarshal(first.Data, &f))
	if f.History == nil || len(f.History.Time) == 0 || len(f.History.P99) != len(f.History.Time) {
		t.Errorf("snapshot without history: %s", first.Data)
	}
	if len(f.TopEvents) != 1 || f.TopEvents[0] != (eventCount{"message", 1}) || len(f.Connects) != 1 || f.Connects[0].User != "bob" {
		t.Errorf("snapshot: %s", first.Data)
	}
	if f.Instance != "test-1" || f.MessagesIn != 1 || f.TotalConnections != 1 || f.UniqueUsers != 1 || f.Time == 0 {
		t.Errorf("snapshot: %s", first.Data)
	}
	h.post(`{"to":"topic/dashboard","event":"deploy","data":7}`).want(t, 202, "")
	h.post(`{"to":"topic/news","event":"n","data":8}`).want(t, 202, "")
	if ev := r.until("deploy"); string(ev.Data) != "7" {
		t.Errorf("got %s", ev.Data)
	}
	r.until("n")
	next := r.until(sse.EventDashboardUpdate)
	f = dashboardUpdate{}
	h.check(json.Unmarshal(next.Data, &f))
	if f.History != nil || len(next.Data) > 2000 {
		t.Errorf("an update of %d bytes: %s", len(next.Data), next.Data)
	}
	if f.TotalConnections != 2 || f.MessagesIn != 3 {
		t.Errorf("a second later: %s", next.Data)
	}
	// Services may send that event too, and other users see neither.
	h.post(`{"to":"topic/dashboard","event":"dashboardUpdate","data":"ours"}`).want(t, 202, "")
	for ev := r.until(sse.EventDashboardUpdate); string(ev.Data) != `"ours"`; {
		ev = r.until(sse.EventDashboardUpdate)
	}
	admin := h.open("/api/dashboard/sse?topics=dashboard", h.bearer("root", func(c *auth.Claims) {
		c.Scopes, c.Topics = []auth.Scope{auth.ScopeAdmin}, []string{"*"}
	}))
	admin.until(sse.EventDashboardUpdate)
}

// A new dashboard gets ten full minutes in its first block, and one that is
// already there gets none of it.
func TestDashboard_TenMinutesAtOnce(t *testing.T) {
	h := newTestHub(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	for i := range int64(seriesSpan) {
		h.series.add(point{time: start + 1000*i, connections: 100_000 + i, users: 99_999, in: 12_345, out: 1_234_567, p50: 12.345, p99: 1234.567})
	}
	first := h.open("/api/dashboard/sse", h.bearer("alice", dashboardScope)).until(sse.EventDashboardUpdate)
	var f dashboardUpdate
	h.check(json.Unmarshal(first.Data, &f))
	n := len(f.History.Time)
	if n != seriesSpan || !slices.IsSorted(f.History.Time) || !slices.Contains(f.History.Connections, 100_042) {
		t.Errorf("%d points", n)
	}
	if len(first.Data) > 48<<10 {
		t.Errorf("a first update of %d bytes", len(first.Data))
	}
}

// The other hubs are asked by the beat, and named with their state.
func TestDashboard_NamesTheHubs(t *testing.T) {
	h := newTestHub(t, among(&otherHubs{answers: map[cluster.Kind]string{
		cluster.Stats: `{"instance":"a-other","totalConnections":7,"draining":true}`,
	}}))
	r := h.open("/api/dashboard/sse", h.bearer("alice", dashboardScope))
	var f dashboardUpdate
	for len(f.Hubs) == 0 {
		h.check(json.Unmarshal(r.until(sse.EventDashboardUpdate).Data, &f))
	}
	if len(f.Hubs) != 2 || f.Hubs[0].Instance != "a-other" || f.Hubs[0].TotalConnections != 7 || !f.Hubs[0].Draining || f.Hubs[1].Instance != "test-1" {
		t.Errorf("got %+v", f.Hubs)
	}
	if f.Instance != "test-1" || f.TotalConnections != 1 {
		t.Errorf("the figures are this hub's: %+v", f.figures)
	}
}

// idleHub counts dashboard updates and has figures of the test's.
type idleHub struct {
	Hub
	stats   actors.Stats
	updates int
}

func (h *idleHub) Stats() actors.Stats    { return h.stats }
func (h *idleHub) Draining() bool         { return false }
func (h *idleHub) UpdateDashboard([]byte) { h.updates++ }

// Nobody pays for a dashboard that nobody watches.
func TestDashboard_UpdatedOnlyWhileWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &idleHub{}
		s := &Server{hub: hub, stop: make(chan struct{}), beatDone: make(chan struct{})}
		go s.beat()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if hub.updates != 0 {
			t.Errorf("%d updates for nobody", hub.updates)
		}
		s.dashboards.Store(1)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if hub.updates != 5 {
			t.Errorf("%d updates in 5 s", hub.updates)
		}
		close(s.stop)
		<-s.beatDone
	})
}

func TestRates(t *testing.T) {
	var r rates
	f := func(seconds int, wantIn, wantOut float64) {
		t.Helper()
		if in, out := r.perSecond(seconds); in != wantIn || out != wantOut {
			t.Errorf("over %d s: got %v, %v, want %v, %v", seconds, in, out, wantIn, wantOut)
		}
	}
	f(1, 0, 0)
	r.add(sample{in: 100, out: 0})
	f(60, 0, 0) // one sample is no span
	r.add(sample{in: 110, out: 1000})
	f(1, 10, 1000)
	f(60, 10, 1000)
	for i := range 200 {
		r.add(sample{in: 110 + uint64(i+1)*6, out: 1000})
	}
	f(1, 6, 0)
	f(10, 6, 0)
	f(60, 6, 0)
	r.add(sample{in: 110 + 200*6 + 60, out: 1600})
	f(1, 60, 600)
	f(10, 11.4, 60)
	f(60, 6.9, 10)
}

func TestStats_Answer(t *testing.T) {
	h := newTestHub(t)
	h.open("/api/sse?topics=news", h.bearer("alice"))
	h.open("/api/sse", h.bearer("alice"))
	h.post(`{"to":"all","data":1}`).want(t, 202, "")
	r := h.ask("GET", "/api/stats", "", apiKeyHeader(presenceKey))
	var got statsAnswer
	h.check(json.Unmarshal([]byte(r.body), &got))
	if got.Instance != "test-1" || len(got.Instances) != 1 || got.Instances[0].Instance != "test-1" || got.Total.Instance != "" {
		t.Errorf("got %s", r.body)
	}
	f := got.Total
	if f.TotalConnections != 2 || f.UniqueUsers != 1 || f.Topics != 1 || f.MessagesIn != 1 || f.MessagesOut != 2 || f.BytesOut == 0 {
		t.Errorf("got %+v", f)
	}
	if !strings.Contains(r.body, `"messagesInPerSecond":{"1s":`) {
		t.Errorf("got %s", r.body)
	}
}
