package cluster

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
)

func TestGather_AsksAllOthersAndWaitsForNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		a, b, c := join(t, eng, "a"), join(t, eng, "b"), join(t, eng, "c")
		began := time.Now()
		wantReplies(t, a, []string{`"b stats"`, `"c stats"`}, nil) // also of who joined later
		wantReplies(t, c, []string{`"a stats"`, `"b stats"`}, nil)
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v, though all answered at once", took)
		}
		leave(t, a, b, c)
	})
}

func TestGather_AHubThatIsAloneAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cuttable{Cluster: newEngine(t)}
		m := join(t, c, "a")
		wantReplies(t, m, nil, nil)
		if n := c.asked.Load(); n != 0 {
			t.Errorf("%d questions were asked", n)
		}
		if n := testing.AllocsPerRun(100, func() { m.Gather(t.Context(), Question{Kind: Stats}) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		leave(t, m)
	})
}

func TestGather_NamesWhoIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		a, b := join(t, eng, "a"), join(t, eng, "b")
		mute := joinWith(t, eng, "mute", func(Question) []byte { return nil })
		stuck := make(chan struct{})
		hangs := joinWith(t, eng, "hangs", func(Question) []byte {
			<-stuck
			return nil
		})
		began := time.Now()
		wantReplies(t, a, []string{`"b stats"`}, []string{"hangs", "mute"})
		if took := time.Since(began); took != GatherTimeout {
			t.Errorf("it took %v, want %v", took, GatherTimeout)
		}
		close(stuck)
		leave(t, a, b, mute, hangs)
	})
}

// A crashed hub is named while its lease lasts and does not count after.
func TestGather_ForgetsACrashedHubWithItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		a := join(t, eng, "a")
		if err := eng.Announce(t.Context(), engine.Lease{Hub: "crashed"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(engine.LeaseEvery)
		synctest.Wait()
		wantReplies(t, a, nil, []string{"crashed"})
		time.Sleep(engine.LeaseTTL - engine.LeaseEvery)
		wantReplies(t, a, nil, nil)
		leave(t, a)
	})
}

func TestGather_AReplyWithoutALeaseDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		a, b := join(t, eng, "a"), join(t, eng, "b")
		stop, err := eng.Answer(t.Context(), "stranger", func([]byte) []byte { return []byte(`"stranger"`) })
		if err != nil {
			t.Fatal(err)
		}
		wantReplies(t, a, []string{`"b stats"`}, nil)
		stop()
		leave(t, a, b)
	})
}

func TestGather_WithoutTheEngineAllOthersAreSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		eng := newEngine(t)
		c := &cuttable{Cluster: eng}
		a, b := join(t, c, "a"), join(t, eng, "b")
		c.cut.Store(true)
		wantReplies(t, a, nil, []string{"b"})
		c.cut.Store(false)
		leave(t, a, b)
	})
}

func TestQuestion_OfAnotherVersionGetsNoAnswer(t *testing.T) {
	m := newMember(nil, "a")
	answer := func(Question) []byte {
		t.Error("answered")
		return nil
	}
	for _, text := range []string{``, `[]`, `{"v":0,"kind":"stats"}`, `{"v":2,"kind":"stats","from":"b"}`, `{"v":1,"kind":"stats","from":"a"}`} {
		if got := m.reply([]byte(text), answer); got != nil {
			t.Errorf("%s: answered %s", text, got)
		}
	}
}

func FuzzParseQuestion(f *testing.F) {
	for _, s := range []string{`{"v":1,"kind":"users","after":"a","limit":3}`, `{"v":1,"kind":"hello","lease":{"hub":"x"}}`, `{"v":2}`, `{`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := parseQuestion([]byte(s))
		if err != nil {
			if !errors.Is(err, errQuestion) || q.Kind != "" {
				t.Fatalf("%+v, %v", q, err)
			}
			return
		}
		text, err := q.encode(q.From)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseQuestion(text); err != nil || again.Kind != q.Kind || again.ID != q.ID {
			t.Fatalf("%+v came back as %+v, %v", q, again, err)
		}
	})
}
