package actors

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/sse"
)

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, configure func(*Config), test func(*fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, configure)
		defer func() {
			f.stop()
			time.Sleep(time.Second) // protoactor throttles its log of dead letters by a timer
		}()
		test(f)
	})
}

func defaults(*Config) {}

func pings(t *testing.T, s *sink) (n int) {
	t.Helper()
	for _, ev := range s.events(t) {
		if ev.Name == sse.EventPing {
			n++
		}
	}
	return n
}

func TestPulse_HeartbeatOnlyOnQuietStreams(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		quiet, busy := f.attach("quiet"), f.attach("busy")
		for range 30 {
			time.Sleep(5 * time.Second)
			f.to("x", engine.User("busy"))
		}
		synctest.Wait()
		if n := pings(t, busy); n != 0 {
			t.Errorf("the busy stream got %d heartbeats", n)
		}
		if n := pings(t, quiet); n < 9 || n > 11 {
			t.Errorf("the quiet stream got %d heartbeats in 150 s of 15 s each", n)
		}
	})
}

func TestPulse_HeartbeatsAreSpread(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		sinks := make([]*sink, 100)
		for i := range sinks {
			sinks[i] = f.attach("u")
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		times := map[string]int{}
		for _, s := range sinks {
			_, rest, _ := strings.Cut(s.text(), `{"time":`)
			times[rest[:12]]++ // to a tenth of a second
		}
		if len(times) < 5 {
			t.Errorf("100 streams that began together beat in %d different tenths of a second", len(times))
		}
	})
}

func TestPulse_MovesTheIdlePositionOn(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		for range 7 {
			f.to("not for alice", engine.User("bob"))
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if !strings.Contains(s.text(), "id: t1-7\n\nevent: ping\n") {
			t.Errorf("no position with the heartbeat: %q", s.text())
		}
	})
}

func TestPulse_EndsStreamsWithTheirToken(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice", func(a *Attach) { a.Expires = time.Now().Add(time.Minute) })
		if !strings.Contains(s.text(), `"tokenExpiresInMs":60000`) {
			t.Errorf("no token lifetime in %q", s.text())
		}
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if s.isClosed() {
			t.Fatal("closed before its time")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !s.isClosed() || !strings.Contains(s.text(), `event: reconnect`) || !strings.Contains(s.text(), `"reason":"token_expired"`) {
			t.Errorf("not ended with its token: %q", s.text())
		}
	})
}

func TestPulse_LimitsTheAgeOfStreams(t *testing.T) {
	inBubble(t, func(c *Config) { c.MaxAge = time.Hour }, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		time.Sleep(53 * time.Minute)
		synctest.Wait()
		if s.isClosed() {
			t.Fatal("closed before nine tenths of its time")
		}
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		if !s.isClosed() || !strings.Contains(s.text(), `"reason":"max_age"`) {
			t.Error("not ended at its age")
		}
	})
}

func TestPulse_EndsAStuckStreamWhateverIsSentToIt(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		s.allow(0)
		for range 50 { // neither heartbeats nor events make it younger
			f.to("x", engine.All)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if !s.isClosed() {
			t.Error("a client that took nothing for 50 s is still there")
		}
	})
}

// The limit is kept to the beat, wherever the stream gets stuck between two
// looks at it.
func TestPulse_EndsAStuckStreamInTime(t *testing.T) {
	inBubble(t, func(c *Config) { c.Heartbeat = time.Minute }, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		time.Sleep(3 * time.Second)
		s.allow(0)
		f.to("x", engine.All)
		time.Sleep(10*time.Second - tickEvery)
		synctest.Wait()
		if s.isClosed() {
			t.Error("ended before its time")
		}
		time.Sleep(3 * tickEvery)
		synctest.Wait()
		if !s.isClosed() {
			t.Error("a stream that is stuck for 10.2 s is still there")
		}
	})
}

// The wheel reaches 51 seconds ahead, and ends come to the beat beyond that too.
func TestPulse_EndsComeInTimeBeyondTheWheel(t *testing.T) {
	long := func(c *Config) { c.Heartbeat, c.WriteTimeout = time.Hour, time.Hour }
	inBubble(t, long, func(f *fixture) {
		t := f.t
		end := time.Now().Add(200*time.Second + 50*time.Millisecond)
		s := f.attach("alice", func(a *Attach) { a.Expires = end })
		time.Sleep(time.Until(end) - time.Millisecond)
		synctest.Wait()
		if s.isClosed() {
			t.Error("ended before its time")
		}
		time.Sleep(2*tickEvery + time.Millisecond)
		synctest.Wait()
		if !s.isClosed() {
			t.Error("not ended two beats behind its time")
		}
	})
}

func TestPulse_AReaderThatTakesALittleStays(t *testing.T) {
	inBubble(t, defaults, func(f *fixture) {
		t := f.t
		s := f.attach("alice")
		s.allow(0)
		for range 12 {
			f.to("0123456789", engine.All)
			time.Sleep(5 * time.Second)
			s.allow(5)
		}
		synctest.Wait()
		if s.isClosed() {
			t.Error("closed though it read something every five seconds")
		}
	})
}
