package actors

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/sse"
)

func TestDashboard_GetsTheFiguresAtOnceAndThenEachUpdate(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		f.hub.UpdateDashboard([]byte("event: dashboardUpdate\ndata: 1\n\n"))
		s := f.attach("admin", func(a *Attach) { a.Dashboard = true })
		plain := f.attach("admin")
		f.hub.UpdateDashboard([]byte("event: dashboardUpdate\ndata: 2\n\n"))
		synctest.Wait()
		var got []string
		for _, ev := range s.events(t) {
			if ev.Name == sse.EventDashboardUpdate {
				got = append(got, string(ev.Data))
			}
		}
		if want := []string{"1", "2"}; !slices.Equal(got, want) {
			t.Errorf("dashboard got %v, want %v", got, want)
		}
		if strings.Contains(plain.text(), "dashboardUpdate") {
			t.Error("an ordinary stream got the hub's figures")
		}
		if f.hub.Stats().Topics != 0 {
			t.Error("the dashboard's own topic is counted")
		}
	})
}

// Figures are not events of the log and count against no limit, so they must
// not wait for a client that reads slowly.
func TestDashboard_FiguresDoNotPileUp(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("admin", func(a *Attach) { a.Dashboard = true })
		s.allow(10)
		const figures = "event: dashboardUpdate\ndata: 1\n\n"
		for range 300 {
			f.hub.UpdateDashboard([]byte(figures))
			time.Sleep(time.Second)
			s.allow(1) // enough to stay
		}
		s.allow(-1)
		synctest.Wait()
		n := 0
		for _, ev := range s.events(t) {
			if ev.Name == sse.EventDashboardUpdate {
				n++
			}
		}
		if most := 310/len(figures) + 2; n == 0 || n > most {
			t.Errorf("a client that read 310 bytes was sent %d figures, want at most %d", n, most)
		}
	})
}
