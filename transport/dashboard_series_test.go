package transport

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.org/hub/actors"
)

func TestSeries_KeepsTenMinutes(t *testing.T) {
	var s series
	if c := s.chronicle(); c.Time == nil || len(c.Time) != 0 {
		t.Errorf("at the start: %+v", c)
	}
	for i := range seriesSpan + 50 {
		s.add(point{time: int64(i), connections: int64(2 * i), in: float64(i)})
	}
	c := s.chronicle()
	if len(c.Time) != seriesSpan || c.Time[0] != 50 || c.Time[seriesSpan-1] != seriesSpan+49 || !slices.IsSorted(c.Time) {
		t.Errorf("times from %d", c.Time[0])
	}
	for i, at := range c.Time {
		if c.Connections[i] != 2*at || c.In[i] != float64(at) {
			t.Fatalf("second %d: %d, %v", at, c.Connections[i], c.In[i])
		}
	}
	if s.newest().time != seriesSpan+49 {
		t.Errorf("newest: %+v", s.newest())
	}
}

// The latency of a point is that of its own second.
func TestServer_PointIsOfItsSecond(t *testing.T) {
	s := &Server{}
	st := actors.Stats{Connections: 3, Users: 2, Latencies: actors.Latencies{100}}
	p := s.point(time.UnixMilli(5), &st)
	if p.time != 5 || p.connections != 3 || p.users != 2 || p.p50 != 0.05 || p.p99 != 0.099 {
		t.Errorf("got %+v", p)
	}
	if p = s.point(time.UnixMilli(6), &st); p.p50 != 0 || p.p99 != 0 {
		t.Errorf("nothing delivered: %+v", p)
	}
	st.Latencies[3] += 10
	if p = s.point(time.UnixMilli(7), &st); p.p50 != 0.75 {
		t.Errorf("got %+v", p)
	}
}

func TestActivity_TopEventsAreBounded(t *testing.T) {
	var a activity
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 2 * maxCountedNames {
				a.published(fmt.Sprintf("event %d", i*10_000+j))
			}
			for range 100 {
				a.published("")
			}
		})
	}
	a.published("first")
	group.Wait()
	if kept := len(a.counters()); kept != maxCountedNames {
		t.Errorf("%d names kept", kept)
	}
	if n := testing.AllocsPerRun(100, func() { a.published("first") }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
	if top := a.top(); len(top) != maxTopEvents {
		t.Errorf("got %v", top)
	}
	var b activity
	for name, n := range map[string]int{"": 3, "b": 2, "a": 2} {
		for range n {
			b.published(name)
		}
	}
	if got := fmt.Sprint(b.top()); got != "[{message 3} {a 2} {b 2}]" {
		t.Errorf("got %s", got)
	}
}

func TestActivity_Connects(t *testing.T) {
	var a activity
	f := func(after uint64, limit int, want ...string) uint64 {
		t.Helper()
		got, newest := a.latest(after, limit)
		var users []string
		for _, c := range got {
			users = append(users, c.User)
		}
		if !slices.Equal(users, want) {
			t.Errorf("after %d: got %v, want %v", after, users, want)
		}
		return newest
	}
	f(0, 10)
	for _, u := range []string{"a", "b", "c"} {
		a.connected(u, "agent", false)
	}
	if newest := f(0, 10, "a", "b", "c"); newest != 3 {
		t.Errorf("newest %d", newest)
	}
	f(2, 10, "c")
	f(3, 10)
	f(0, 2, "b", "c")
	for i := range 2 * maxConnects {
		a.connected(strconv.Itoa(i), "", true)
	}
	if all, newest := a.latest(3, 1000); len(all) != maxConnects || newest != 2*maxConnects+3 || all[0].Number != maxConnects+4 {
		t.Errorf("%d connects from %d to %d", len(all), all[0].Number, newest)
	}
}
