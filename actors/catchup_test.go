package actors

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// tight leaves room for one event of 50 bytes in the queue of a slow client, which
// gets the others from the window, and lets it be slow for long.
func tight(c *Config) { c.MaxQueueBytes, c.WriteTimeout = 100, time.Hour }

// filled is an event that fills a tight queue.
func filled(n int) string { return fmt.Sprintf("%03d", n) + wide }

// numbers returns what a sink got, less the filling.
func (s *sink) numbers(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, b := range s.blocks(t) {
		all = append(all, strings.TrimPrefix(strings.TrimSuffix(b, wide), "n "))
	}
	return all
}

func TestCatchUp_BringsWhatFoundNoRoomAsTheClientReads(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		var want []string
		send := func() {
			n := len(want) + 1
			want = append(want, fmt.Sprintf("%03d", n))
			f.to(filled(n), engine.User("alice"))
			f.to(filled(n), engine.User("bob")) // not for this one
			synctest.Wait()
		}
		for range 30 {
			send()
		}
		for range 100 { // events go on coming while it reads at half their rate
			s.allow(40)
			synctest.Wait()
			if waits := s.owner.(*connection).queuedBytes.Load(); waits > 100 {
				t.Fatalf("%d bytes wait", waits)
			}
			send()
		}
		s.allow(-1)
		synctest.Wait()
		f.to(filled(131), engine.All)
		synctest.Wait()
		if got := s.numbers(t); !slices.Equal(got, append(want, "131")) {
			t.Errorf("got %q", got)
		}
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.gapped.Load() }); n != 0 {
			t.Errorf("%d events count as lost", n)
		}
		if n := f.hub.metrics.events(); n != 131 {
			t.Errorf("%d events count as delivered", n)
		}
		late, inTime := uint64(0), uint64(0)
		f.hub.metrics.sum(func(w *workerCounters) uint64 {
			late += w.deferred.Load()
			for i := range w.latency {
				inTime += w.latency[i].Load()
			}
			return 0
		})
		if late == 0 || late+inTime != 131 {
			t.Errorf("%d events were late, and the latency of %d is known", late, inTime)
		}
	})
}

func TestCatchUp_FindsWhatRoutingFound(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.attach("alice", func(a *Attach) { a.Topics, a.Events = []string{"news"}, []string{"n"} })
		me := connectionIDOf(t, s)
		s.allow(0)
		for i, rec := range []*engine.Record{
			{To: []engine.Address{engine.All}},
			{To: []engine.Address{engine.All}},
			{To: []engine.Address{engine.User("bob"), engine.User("alice")}},
			{To: []engine.Address{engine.User("bob")}},                // no
			{To: []engine.Address{engine.Topic("news")}},              //
			{To: []engine.Address{engine.Topic("sport")}},             // no
			{To: []engine.Address{engine.Connection(me)}},             //
			{To: []engine.Address{engine.Connection("zzz")}},          // no
			{To: []engine.Address{engine.All}, Except: me},            // no
			{To: []engine.Address{engine.All}, Name: "other"},         // no
			{To: []engine.Address{engine.All}, TTL: time.Millisecond}, // no: it is over when the client reads
			{To: []engine.Address{engine.All}, Transient: true},       // no: at most once
			{To: []engine.Address{engine.All}},
		} {
			if rec.Name == "" {
				rec.Name = "n"
			}
			f.publish(rec, filled(i))
			synctest.Wait()
		}
		time.Sleep(time.Second)
		s.allow(-1)
		synctest.Wait()
		if got, want := s.numbers(t), []string{"000", "001", "002", "004", "006", "012"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.gapped.Load() }); n != 1 { // the transient one
			t.Errorf("%d events count as lost, want 1", n)
		}
	})
}

func TestCatchUp_TellsOfWhatTheWindowHasDropped(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 6 {
			f.to(filled(n), engine.All)
			synctest.Wait()
		}
		time.Sleep(9 * time.Minute) // of the window's ten
		for n := range 3 {
			f.to(filled(6+n), engine.All)
		}
		time.Sleep(2 * time.Minute)
		s.allow(-1)
		synctest.Wait()
		want := []string{"000", `gap {"from":"t1-2","to":"t1-6","reason":"slow"}`, "006", "007", "008"}
		if got := s.numbers(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.gapped.Load() }); n != 5 {
			t.Errorf("%d events count as lost, want 5", n)
		}
		s.allow(0)
		for n := range 3 {
			f.to(filled(n), engine.All)
			synctest.Wait()
		}
		time.Sleep(11 * time.Minute)
		s.allow(-1)
		synctest.Wait()
		want = append(want, "000", `gap {"from":"t1-11","to":"t1-12","reason":"slow"}`)
		if got := s.numbers(t); !slices.Equal(got, want) {
			t.Errorf("when it has dropped all: got %q, want %q", got, want)
		}
	})
}

func TestCatchUp_SkipsWhatANewerEventReplaces(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 10 {
			f.keyed(filled(n), []string{"price", "", "rate"}[n%3], 0)
			synctest.Wait()
		}
		s.allow(-1)
		synctest.Wait()
		// What was first is half out, and is not replaced.
		if got, want := s.numbers(t), []string{"000", "001", "004", "007", "008", "009"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.conflated.Load() }); n != 4 {
			t.Errorf("%d events count as replaced, want 4", n)
		}
	})
}

// A message may say that it is not worth being late.
func TestCatchUp_IsNotForWhatIsToBeAGap(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 5 {
			f.keyed(filled(n), "", map[bool]engine.SlowPolicy{true: engine.SlowGap}[n == 3])
			synctest.Wait()
		}
		s.allow(-1)
		synctest.Wait()
		want := []string{"000", `gap {"from":"t1-2","to":"t1-5","reason":"slow"}`}
		if got := s.numbers(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestCatchUp_EndsWithTheEpoch(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 5 {
			f.to(filled(n), engine.All)
			synctest.Wait()
		}
		f.window.Reset("t2", 0) // the window is first to know
		s.allow(70)
		synctest.Wait()
		f.hub.Reset(history.Gap{From: "t1-5", To: "t2-0", Reason: history.GapEpoch})
		s.allow(-1)
		synctest.Wait()
		want := []string{
			"000", `gap {"from":"t1-2","to":"t1-5","reason":"slow"}`, `gap {"from":"t1-5","to":"t2-0","reason":"epoch"}`,
		}
		if got := s.numbers(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// However much one client has to catch up with, others have their turn in between.
func TestCatchUp_TakesTurns(t *testing.T) {
	inBubble(t, func(c *Config) { tight(c); c.Workers = 1 }, func(f *fixture) {
		t := f.t
		behind, other := f.stuck(), f.attach("bob")
		for n := range 50 {
			f.to(filled(n), engine.User("alice"))
		}
		synctest.Wait()
		published, at := false, 0
		behind.onWrite = func() {
			if !published {
				published = true
				other.owner.(*connection).tell(&notice{frame: []byte("event: n\ndata: now\n\n")}) // no publisher that helps
			}
		}
		other.onWrite = func() { at = strings.Count(behind.text(), "data: ") }
		behind.allow(-1)
		synctest.Wait()
		if got := behind.numbers(t); len(got) != 50 {
			t.Errorf("it got %d of 50", len(got))
		}
		if at == 0 || at > 10 {
			t.Errorf("the other had its turn when it had got %d events", at)
		}
	})
}

// A stream in gzip has a sum over all that it was sent, late events too.
func TestCatchUp_KeepsTheSumOfAGzipStream(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxQueueBytes = 500 }, func(f *fixture) {
		t := f.t
		plain, s := f.attach("alice"), f.attachGzip("alice")
		s.allow(11)
		for range 20 {
			f.to(rand.Text()+rand.Text()+rand.Text()+rand.Text(), engine.User("alice"))
			synctest.Wait()
		}
		s.allow(-1)
		synctest.Wait()
		if n := f.hub.metrics.sum(func(w *workerCounters) uint64 { return w.deferred.Load() }); n == 0 {
			t.Error("all found room")
		}
		if err := f.hub.Drain(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		got, whole := s.plain(t)
		if !whole || published(t, got) != published(t, plain.text()) {
			t.Errorf("whole %v, got %q", whole, got)
		}
	})
}

// The dashboard's figures may come with events that find no room.
func TestCatchUp_FiguresMakeNoGap(t *testing.T) {
	inBubble(t, func(c *Config) { tight(c); c.Workers = 1 }, func(f *fixture) {
		t := f.t
		other := f.attach("bob")
		s := f.attach("alice", func(a *Attach) { a.Dashboard = true })
		s.allow(0)
		once := false
		other.onWrite = func() {
			if once {
				return
			}
			once = true
			for n := range 4 {
				e := f.stored(&engine.Record{To: []engine.Address{engine.User("alice")}, Name: "n"}, filled(n))
				f.hub.Deliver([]*history.Entry{e})
			}
			f.hub.UpdateDashboard([]byte("event: dashboardUpdate\ndata: {}\n\n"))
		}
		f.to("go", engine.User("bob"))
		synctest.Wait()
		s.allow(-1)
		synctest.Wait()
		if strings.Contains(s.text(), "event: gap") || strings.Count(s.text(), "event: n\n") != 4 {
			t.Errorf("got %q", s.blocks(t))
		}
	})
}

func TestCatchUp_NothingIsReplacedByWhatMayBeOver(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n, rec := range []engine.Record{{}, {Key: "price"}, {}, {}, {Key: "price", TTL: time.Minute}, {}} {
			rec.To, rec.Name = []engine.Address{engine.All}, "n"
			f.publish(&rec, filled(n))
			synctest.Wait()
		}
		s.allow(110) // the first step of catching up begins
		synctest.Wait()
		time.Sleep(2 * time.Minute)
		s.allow(-1)
		synctest.Wait()
		if got, want := s.numbers(t), []string{"000", "001", "002", "003", "005"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestCatchUp_EndsWithAGoodbyeBetweenSteps(t *testing.T) {
	inBubble(t, func(c *Config) { tight(c); c.Workers = 1 }, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 20 {
			f.to(filled(n), engine.User("alice"))
		}
		synctest.Wait()
		once := false
		s.onWrite = func() {
			if !once {
				once = true
				c := s.owner.(*connection)
				c.tell(&finish{ReasonDrain})
			}
		}
		s.allow(-1)
		synctest.Wait()
		if !s.isClosed() || !strings.Contains(s.text(), "event: reconnect") {
			t.Errorf("closed %v; %d events, no goodbye", s.isClosed(), strings.Count(s.text(), "event: n\n"))
		}
	})
}

func TestCatchUp_EndsForWhatIsToEndTheStream(t *testing.T) {
	inBubble(t, tight, func(f *fixture) {
		t := f.t
		s := f.stuck()
		for n := range 4 {
			f.keyed(filled(n), "", map[bool]engine.SlowPolicy{true: engine.SlowDisconnect}[n == 3])
			synctest.Wait()
		}
		if !s.isClosed() {
			t.Error("not ended")
		}
	})
}
