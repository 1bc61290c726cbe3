package actors

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/mercure"
)

// selects makes a stream of the Mercure protocol of an attach. Its head tells the
// id behind which the stream begins.
func selects(t *testing.T, lastEventID string, grants []string, selectors ...string) func(*Attach) {
	t.Helper()
	sel, err := mercure.NewSelection(selectors, grants)
	if err != nil {
		t.Fatal(err)
	}
	return func(a *Attach) {
		a.Mercure = &Mercure{Selection: sel, LastEventID: lastEventID, Head: func(since string) []byte { return []byte("SINCE " + since + "\n") }}
	}
}

// subscribe opens a Mercure stream and waits until it has begun.
func (f *fixture) subscribe(user, lastEventID string, grants []string, selectors ...string) *sink {
	f.t.Helper()
	s := newSink()
	f.attachTo(s, user, selects(f.t, lastEventID, grants, selectors...))
	s.waitFor(f.t, "SINCE ")
	return s
}

// update publishes an update of topics and returns how many streams took it.
func (f *fixture) update(text string, public bool, topics ...string) int {
	f.t.Helper()
	rec := &engine.Record{Public: public}
	for _, topic := range topics {
		rec.To = append(rec.To, engine.Topic(topic))
	}
	connections, _ := f.counts(f.publish(rec, text))
	return connections
}

var retryLine = regexp.MustCompile(`retry: \d+\n`)

// wire is what a sink got, less the times to come back after.
func (s *sink) wire() string { return retryLine.ReplaceAllString(s.text(), "") }

func (s *sink) wantWire(t *testing.T, want string) {
	t.Helper()
	s.wait(t, want, func() bool { return retryLine.ReplaceAllString(s.got.String(), "") == want })
}

func TestMercure_StreamsHoldUpdatesAndCommentsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		s := f.subscribe("a", "", nil, "t")
		synctest.Wait()
		if got := s.text(); !regexp.MustCompile(`^SINCE #t1-0\nretry: \d+\n$`).MatchString(got) {
			t.Fatalf("the first block is %q", got)
		}
		time.Sleep(DefaultConfig().Heartbeat * 3 / 2)
		synctest.Wait()
		s.wantWire(t, "SINCE #t1-0\n:\n")
		f.update("x", true, "t")
		f.publish(&engine.Record{To: []engine.Address{"topic/t"}, Public: true, ID: "urn:own", Name: "n"}, "y")
		f.publish(&engine.Record{To: []engine.Address{"topic/t"}, Public: true, Transient: true}, "z")
		synctest.Wait()
		s.wantWire(t, "SINCE #t1-0\n:\nid: #t1-1\ndata: x\n\nid: urn:own\nevent: n\ndata: y\n\ndata: z\n\n")
		f.hub.UpdateDashboard([]byte("figures"))
		if err := f.hub.Drain(context.Background(), 0); err != nil {
			t.Error(err)
		}
		if got := s.wire(); !s.isClosed() || !strings.HasSuffix(got, "data: z\n\n") {
			t.Errorf("closed: %v, wire %q", s.isClosed(), got)
		}
		f.stop()
		time.Sleep(2 * time.Second) // protoactor's timers
	})
}

// An own stream of the same topics keeps its positions, whatever ids publishers give.
func TestMercure_OwnStreamsAreAsBefore(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	own := f.attach("a", func(a *Attach) { a.Topics = []string{"t"} })
	f.subscribe("a", "", nil, "t", "*")
	if n, users := f.counts(f.publish(&engine.Record{To: []engine.Address{"topic/t"}, Public: true, ID: "urn:own", Name: "n"}, "x")); n != 2 || users != 1 {
		t.Errorf("taken by %d of %d users", n, users)
	}
	own.waitFor(t, "id: t1-1\nevent: n\ndata: x\n\n")
	if strings.Contains(own.text(), "urn:own") || strings.Contains(own.text(), "#") {
		t.Errorf("got %q", own.text())
	}
}

func TestMercure_DeliversWhatIsSelectedAndAllowed(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	exact := f.subscribe("a", "", nil, "https://e/books/1", "https://e/books/2")
	pattern := f.subscribe("a", "", []string{"https://e/users/1/{?topic}"}, "https://e/books/{id}")
	all := f.subscribe("b", "", []string{"*"}, "*")
	own := f.attach("a")
	took := func(want, got int) {
		t.Helper()
		if got != want {
			t.Errorf("%d streams took it, want %d", got, want)
		}
	}
	took(3, f.update("one", true, "https://e/books/1"))
	took(3, f.update("both", true, "https://e/books/1", "https://e/books/2"))
	took(2, f.update("two", true, "https://e/books/3"))
	took(1, f.update("other", true, "https://e/films/3"))
	took(1, f.update("private", false, "https://e/books/1"))
	took(2, f.update("granted", false, "https://e/books/1", "https://e/users/1/?topic=x"))
	for _, to := range []engine.Address{engine.All, engine.User("a")} {
		n, users := f.to("own", to)
		if took(1, n); users != 1 {
			t.Errorf("%s: %d users", to, users)
		}
	}
	f.to("own", engine.User("a"), engine.All)
	n, _ := f.to("mixed", engine.User("a"), engine.All, engine.Topic("https://e/books/9"))
	took(2, n) // own, and all by its grant
	f.to("end", engine.Topic("https://e/books/1"), engine.Topic("https://e/users/1/?topic=x"))
	f.update("end", true, "https://e/books/1")
	exact.waitFor(t, "end")
	pattern.waitFor(t, "end")
	all.waitFor(t, "end")
	own.waitFor(t, "mixed")
	data := func(s *sink) string {
		var texts []string
		for _, m := range regexp.MustCompile(`id: #t1-\d+\n(?:event: n\n)?data: (\w+)\n\n`).FindAllStringSubmatch(s.text(), -1) {
			texts = append(texts, m[1])
		}
		return strings.Join(slices.Compact(texts), " ")
	}
	for s, want := range map[*sink]string{
		exact:   "one both end",
		pattern: "one both two granted end",
		all:     "one both two other private granted mixed end",
	} {
		s.wait(t, want, func() bool { return strings.Count(s.got.String(), "end") > 0 })
		if got := data(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMercure_ExceptLeavesAStreamOut(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	f.subscribe("a", "", nil, "t")
	info, _, err := f.hub.User(t.Context(), "a")
	if err != nil || !slices.Equal(info.Connections[0].Topics, []string{"t"}) {
		t.Fatalf("got %+v, %v", info, err)
	}
	rec := &engine.Record{To: []engine.Address{"topic/t", engine.Connection(info.Connections[0].ID)}, Public: true, Except: info.Connections[0].ID}
	if n, _ := f.counts(f.publish(rec, "x")); n != 0 {
		t.Errorf("%d streams took it", n)
	}
}

func TestMercure_ReplaysAndSaysSinceWhen(t *testing.T) {
	var f *fixture
	start := func(t *testing.T, limits history.Config) {
		t.Helper()
		w := history.NewWindow(limits)
		w.Reset(testEpoch, 0)
		f = newFixture(t, func(c *Config) { c.Window = w })
		f.window = w
		f.publish(&engine.Record{To: []engine.Address{"topic/a"}, Public: true, ID: "urn:1"}, "1")
		f.update("2", false, "a")
		f.update("3", true, "b")
		f.update("4", false, "a", "granted")
		f.publish(&engine.Record{To: []engine.Address{"topic/a"}, Public: true, ID: "urn:5"}, "5")
		f.to("6", engine.All)
	}
	const granted = "id: #t1-4\ndata: 4\n\n"
	const five = "id: urn:5\ndata: 5\n\n"
	for _, tt := range []struct {
		name      string
		limits    history.Config
		last      string
		grants    []string
		selectors []string
		want      string
	}{
		{name: "nothing was seen", selectors: []string{"a"}, want: "SINCE #t1-6\n"},
		{name: "a position", last: "#t1-3", selectors: []string{"a"}, want: "SINCE #t1-3\n" + five},
		{name: "what is private only with a grant", last: "#t1-3", grants: []string{"granted"}, selectors: []string{"a"}, want: "SINCE #t1-3\n" + granted + five},
		{name: "by a pattern, and what is private only with a grant", last: "#t1-3", grants: []string{"x{g}"}, selectors: []string{"{x}"}, want: "SINCE #t1-3\n" + five},
		{name: "by a pattern, granted by a pattern", last: "#t1-3", grants: []string{"g{x}"}, selectors: []string{"{x}"}, want: "SINCE #t1-3\n" + granted + five},
		{name: "a publisher's id", last: "urn:1", selectors: []string{"*"}, want: "SINCE urn:1\nid: #t1-3\ndata: 3\n\n" + five},
		{name: "the head", last: "#t1-6", selectors: []string{"*"}, want: "SINCE #t1-6\n"},
		{name: "the earliest", last: "earliest", selectors: []string{"a"}, want: "SINCE earliest\nid: urn:1\ndata: 1\n\n" + five},
		{name: "an unknown id", last: "urn:2", selectors: []string{"b"}, want: "SINCE earliest\nid: #t1-3\ndata: 3\n\n"},
		{name: "a position without its mark", last: "t1-3", selectors: []string{"b"}, want: "SINCE earliest\nid: #t1-3\ndata: 3\n\n"},
		{name: "of another log", last: "#t0-3", selectors: []string{"b"}, want: "SINCE earliest\nid: #t1-3\ndata: 3\n\n"},
		{name: "beyond the head", last: "#t1-99", selectors: []string{"b"}, want: "SINCE earliest\nid: #t1-3\ndata: 3\n\n"},
		{name: "nothing at all", last: "#", selectors: []string{"b"}, want: "SINCE earliest\nid: #t1-3\ndata: 3\n\n"},
		{name: "expired", limits: history.Config{MaxEvents: 3}, last: "#t1-1", grants: []string{"*"}, selectors: []string{"a"}, want: "SINCE #t1-3\n" + granted + five},
		{name: "an expired id", limits: history.Config{MaxEvents: 3}, last: "urn:1", selectors: []string{"a"}, want: "SINCE earliest\n" + five},
		{name: "too much", limits: history.Config{MaxReplay: 1}, last: "#t1-1", grants: []string{"*"}, selectors: []string{"a"}, want: "SINCE #t1-4\n" + five},
		{name: "too much of the earliest", limits: history.Config{MaxReplay: 1}, last: "earliest", selectors: []string{"a"}, want: "SINCE #t1-1\n" + five},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start(t, tt.limits)
			defer f.stop()
			s := f.subscribe("a", tt.last, tt.grants, tt.selectors...)
			s.wantWire(t, tt.want)
			f.update("live", true, "a", "b")
			s.wantWire(t, tt.want+"id: #t1-7\ndata: live\n\n")
		})
	}
}

// What the window cannot tell any more is told by the head of the next stream.
func TestMercure_AStreamThatMissesEventsEnds(t *testing.T) {
	t.Run("a slow consumer", func(t *testing.T) {
		f := newFixture(t, func(c *Config) { c.SlowPolicy, c.MaxQueueBytes, c.WriteTimeout = engine.SlowGap, 4096, time.Hour })
		defer f.stop()
		s := f.subscribe("a", "", nil, "t")
		s.allow(0)
		for range 3 {
			f.publish(&engine.Record{To: []engine.Address{"topic/t"}, Public: true, Slow: engine.SlowConflate, Key: "k"}, strings.Repeat("x", 3000))
		}
		s.waitClosed(t)
		if strings.Contains(s.text(), "gap") {
			t.Errorf("got %q", s.text())
		}
	})
	t.Run("the place in the log is lost", func(t *testing.T) {
		f := newFixture(t)
		defer f.stop()
		s := f.subscribe("a", "", nil, "t")
		own := f.attach("b")
		f.update("x", true, "t")
		f.window.Reset("t2", 7)
		f.hub.Reset(history.Gap{From: "t1-1", To: "t2-7", Reason: history.GapEpoch})
		s.waitClosed(t)
		own.waitFor(t, "event: gap")
		s.wantWire(t, "SINCE #t1-0\nid: #t1-1\ndata: x\n\n")
		f.subscribe("a", "#t1-1", nil, "t").wantWire(t, "SINCE earliest\n")
	})
}

// Updates that go through the user, because something else is on its way there, keep
// their order and their form.
func TestMercure_OrderBesideTheUsersOwnEvents(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	s := f.subscribe("a", "", nil, "t", "{x}")
	own := f.attach("a", func(a *Attach) { a.Topics = []string{"t"} })
	const rounds = 300
	var batch []*history.Entry
	for i := range rounds {
		batch = append(batch,
			f.stored(&engine.Record{To: []engine.Address{"user/a"}, Name: "n"}, "user"),
			f.stored(&engine.Record{To: []engine.Address{"topic/t"}, Public: true}, fmt.Sprint("update ", i)),
			f.stored(&engine.Record{To: []engine.Address{"user/a", "topic/t", engine.All}, Public: true}, fmt.Sprint("both ", i)))
	}
	f.hub.Deliver(batch)
	own.waitFor(t, fmt.Sprintf("both %d\n\n", rounds-1))
	s.waitFor(t, fmt.Sprintf("both %d\n\n", rounds-1))
	var want strings.Builder
	want.WriteString("SINCE #t1-0\n")
	for i := range rounds {
		fmt.Fprintf(&want, "id: #t1-%d\ndata: update %d\n\nid: #t1-%d\ndata: both %d\n\n", 3*i+2, i, 3*i+3, i)
	}
	if got := s.wire(); got != want.String() {
		t.Errorf("got %.300q", got)
	}
	if n := strings.Count(own.text(), "id: t1-"); n != 3*rounds+1 { // and the position at the start
		t.Errorf("the own stream has %d ids", n)
	}
}

func TestMercure_PatternsThatCannotBeToldApartAreLimited(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for i := range maxPatterns / 64 {
		var selectors []string
		for j := range 64 {
			selectors = append(selectors, fmt.Sprintf("https://e/{v%d}", 64*i+j))
		}
		f.subscribe(fmt.Sprint("u", i), "", nil, selectors...)
	}
	one := newSink()
	f.attachTo(one, "x", selects(t, "", nil, "https://e/{onemore}"))
	one.waitClosed(t)
	if one.refused != RefusedPatternLimit {
		t.Errorf("refused: %q", one.refused)
	}
	f.subscribe("x", "", nil, "https://e/{v1}", "https://e/x/{onemore}", "https://e/exact") // known, elsewhere, none
}

func TestMercure_NobodyKeepsOthersFromAllTopics(t *testing.T) {
	f := newFixture(t)
	defer f.stop()
	for i := range maxPatterns / 64 {
		var selectors []string
		for j := range 64 {
			selectors = append(selectors, fmt.Sprintf("{v%d}", 64*i+j))
		}
		f.subscribe(fmt.Sprint("u", i), "", nil, selectors...)
	}
	s := f.subscribe("x", "", nil, "*")
	f.update("news", true, "https://e/1")
	s.waitFor(t, "news")
}

func TestMercure_PresenceOfStreamsWithoutAUserIsNotTold(t *testing.T) {
	told := make(chan string, 8)
	f := newFixture(t, func(cfg *Config) {
		cfg.OnPresence = func(user string, online bool) { told <- fmt.Sprint(user, online) }
	})
	defer f.stop()
	nobody := newSink()
	f.attachTo(nobody, "urn:uuid:1", selects(t, "", nil, "a"), func(a *Attach) { a.Anonymous = true })
	nobody.waitFor(t, "SINCE ")
	nobody.owner.Hangup(ReasonClient)
	nobody.waitClosed(t)
	f.subscribe("alice", "", nil, "a")
	if got := <-told; got != "alicetrue" {
		t.Errorf("told of %s", got)
	}
}

func TestMercureIndex_KeepsNothingOfThoseWhoLeft(t *testing.T) {
	var x mercureIndex
	var all []*connection
	for i := range 10 {
		a := &Attach{}
		selects(t, "", nil, "t", fmt.Sprint("u", i), "*", fmt.Sprintf("https://e/%d/{id}", i), "https://e/{x}", fmt.Sprintf("https://e/{x%d}", i))(a)
		c := &connection{dialect: mercureDialect, filter: &filter{only: selecting{a.Mercure.Selection}}}
		all = append(all, c)
		x.add(c)
	}
	readers := func(topic string) int {
		seen := set{}
		for c := range x.readers(&engine.Record{Public: true, To: []engine.Address{engine.Topic(topic)}}) {
			seen[c] = struct{}{}
		}
		return len(seen)
	}
	if n := readers("anything"); n != 10 { // by "*"
		t.Errorf("%d readers", n)
	}
	for i, c := range all {
		x.remove(c)
		if n := readers("https://e/3/x"); n != 9-i {
			t.Errorf("%d readers are left, want %d", n, 9-i)
		}
	}
	if len(x.topics)+len(x.prefixes)+len(x.lengths) > 0 {
		t.Errorf("left: %+v", x)
	}
}
