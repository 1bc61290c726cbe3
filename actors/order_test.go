package actors

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.org/hub/engine"
	"example.org/hub/history"
)

// A broadcast must not overtake an event that is still in a user's mailbox: a
// client that is cut off between the two would resume behind the one it never
// got. Fails when fastLane and broadcast ignore what is in flight.
func TestRouting_FastLaneKeepsTheOrderOfTheLog(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	const users, events = 20, 401 // the last one is for all
	var sinks []*sink
	for i := range users {
		sinks = append(sinks, f.attach(strconv.Itoa(i), func(a *Attach) { a.Topics = []string{"t"} }))
	}
	want := make([][]string, users)
	for i := range events {
		text := strconv.Itoa(i)
		to := engine.All
		switch i % 3 {
		case 0:
			to = engine.User(strconv.Itoa(i % users))
			want[i%users] = append(want[i%users], text)
		case 1:
			to = engine.Topic("t")
		}
		if i%3 != 0 {
			for u := range want {
				want[u] = append(want[u], text)
			}
		}
		f.publish(&engine.Record{To: []engine.Address{to}, Name: "n"}, text)
	}
	for u, s := range sinks {
		s.waitFor(t, fmt.Sprintf("data: %d\n", events-1))
		if got := s.data(t); !slices.Equal(got, want[u]) {
			t.Fatalf("user %d got %v\nwant %v", u, got, want[u])
		}
	}
}

// Attach and replay are atomic with respect to live events: a client that comes
// back in the middle of a stream of events gets each of them once, in order.
func TestAttach_LosesAndRepeatsNothing(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	const events = 3000
	begin := make(chan struct{})
	var wg sync.WaitGroup
	sinks := make([]*sink, 50)
	for i := range sinks {
		sinks[i] = newSink()
		wg.Go(func() {
			<-begin
			f.attachTo(sinks[i], "u"+strconv.Itoa(i%7), func(a *Attach) { a.LastEventID = "t1-1" })
		})
	}
	f.to("0", engine.All)
	for i := 1; i < events; i++ {
		if i == 100 {
			close(begin)
		}
		to := engine.All
		if i%2 == 0 {
			to = engine.User("u3")
		}
		f.publish(&engine.Record{To: []engine.Address{to}, Name: "n"}, strconv.Itoa(i))
	}
	wg.Wait()
	f.to("end", engine.All)
	for i, s := range sinks {
		s.waitFor(t, "data: end\n")
		var want []string
		for n := 1; n < events; n++ {
			if n%2 == 1 || i%7 == 3 {
				want = append(want, strconv.Itoa(n))
			}
		}
		if got := s.data(t); !slices.Equal(got, append(want, "end")) {
			missing, extra := diff(want, got)
			t.Fatalf("sink %d (replay limit is 1000): missing %v, extra %v", i, missing, extra)
		}
	}
}

func diff(want, got []string) (missing, extra []string) {
	for _, w := range want {
		if !slices.Contains(got, w) {
			missing = append(missing, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			extra = append(extra, g)
		}
	}
	return missing, extra
}

// What is in the window when the hub starts may still be delivered.
func TestHub_RoutesNothingThatWasReplayed(t *testing.T) {
	f := newFixture(t)
	var entries []*history.Entry
	for _, text := range []string{"1", "2", "3"} {
		entries = append(entries, f.entry(text))
	}
	f.stop()
	cfg := DefaultConfig()
	cfg.Window = f.window
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.hub = h
	defer f.stop()
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t1-1" })
	h.Deliver(entries[1:])
	f.to("4", engine.All)
	s.waitFor(t, "data: 4")
	if got, want := s.data(t), []string{"2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A stream may be opened after the window was reset and before the hub knows.
// Positions of the old and the new epoch must not be mixed.
func TestAttach_BetweenTwoEpochsIsTold(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.to("old", engine.All)
	f.window.Reset("t2", 0)
	f.seq = 0
	var entries []*history.Entry
	for _, text := range []string{"1", "2", "3"} {
		entries = append(entries, f.entry(text))
	}
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t2-2" })
	f.hub.Reset(history.Gap{From: "t1-1", To: "t2-1", Reason: history.GapEpoch})
	f.hub.Deliver(entries[1:])
	s.waitFor(t, "data: 3")
	if got, want := s.data(t), []string{"2", "3"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want := "event: gap\ndata: {\"from\":\"t2-2\",\"to\":\"t1-1\",\"reason\":\"epoch\"}\n\nid: t1-1\n\nevent: gap\n"
	if !strings.Contains(s.text(), want) {
		t.Errorf("want %q in %q", want, s.text())
	}
}

// A client may come from a hub that is ahead: the window has its position, but
// the registry has not routed so far. It is not sent back.
func TestAttach_SkipsWhatTheClientHasFromAnotherHub(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	entries := []*history.Entry{}
	for _, text := range []string{"1", "2", "3"} {
		entries = append(entries, f.entry(text))
	}
	f.hub.Deliver(entries[:1])
	s := f.attach("alice", func(a *Attach) { a.LastEventID = "t1-3" })
	f.hub.Deliver(entries[1:])
	f.to("4", engine.All)
	s.waitFor(t, "data: 4")
	if got, want := s.data(t), []string{"4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if strings.Contains(s.text(), "id: t1-1\n") || !strings.Contains(s.text(), "\n\nid: t1-3\n\n") {
		t.Errorf("the client was sent back: %q", s.text())
	}
	f.hub.Reset(history.Gap{From: "t1-4", To: "t1-0", Reason: history.GapEpoch})
	f.window.Reset(testEpoch, 0)
	f.seq = 0
	f.to("again", engine.All)
	s.waitFor(t, "data: again")
}

// What a few wait for is carried out by whoever publishes it, before a broadcast that
// the workers have not come to. Fails when all fan-outs are bulk work.
func TestFanout_OfATopicWithFewReadersGoesBeforeBroadcasts(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	var few, many []*sink
	for i := range smallFanout + 1 {
		many = append(many, f.attach(fmt.Sprint("m", i), func(a *Attach) { a.Topics = []string{"many"} }))
	}
	for i := range smallFanout {
		few = append(few, f.attach(fmt.Sprint("f", i), func(a *Attach) { a.Topics = []string{"few"} }))
	}
	gate := make(chan struct{})
	for range f.hub.pool.size {
		f.hub.pool.Schedule(func() { <-gate })
	}
	for express := 1; express > 0; express, _ = f.hub.pool.waiting() {
		runtime.Gosched() // until each worker waits
	}
	f.publish(&engine.Record{To: []engine.Address{engine.Topic("many")}}, "to-many")
	f.publish(&engine.Record{To: []engine.Address{engine.Topic("few")}}, "to-few")
	for i, s := range few {
		if got := s.text(); !strings.Contains(got, "to-few") {
			t.Errorf("stream %d of the topic with few has %q", i, got)
		}
	}
	if got := many[0].text(); strings.Contains(got, "to-many") {
		t.Error("a fan-out to many was carried out by its publisher")
	}
	close(gate)
	for _, s := range many {
		s.waitFor(t, "to-many")
	}
}
