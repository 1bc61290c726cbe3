package actors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/sse"
)

// lapse is a client that reads at random from a hub whose window is small, and whose
// log begins anew now and then, with all that it is to get in order.
type lapse struct {
	*fixture
	rand   *rand.Rand
	sink   *sink
	gzip   bool
	epochs int
	due    []modelText
}

type modelText struct {
	at   engine.Position
	text string
}

func TestCatchUp_BringsEachEventOnceOrTellsExactlyWhichAreGone(t *testing.T) {
	for range 40 {
		seed := rand.Uint64()
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			inBubble(t, func(c *Config) { c.MaxQueueBytes, c.WriteTimeout = 200, time.Hour }, func(f *fixture) {
				m := &lapse{fixture: f, rand: rand.New(rand.NewPCG(seed, 0)), epochs: 1}
				m.window = history.NewWindow(history.Config{MaxEvents: 10 + m.rand.IntN(60), MaxReplay: 1 + m.rand.IntN(4)})
				m.window.Reset(testEpoch, 0)
				f.hub.cfg.Window = m.window
				if m.gzip = m.rand.IntN(3) == 0; m.gzip {
					m.sink = f.attachGzip("alice")
				} else {
					m.sink = f.attach("alice")
				}
				for range 400 {
					m.step()
				}
				m.sink.allow(-1)
				synctest.Wait()
				m.check()
			})
		})
	}
}

func (m *lapse) step() {
	switch p := m.rand.IntN(400); {
	case p < 240:
		m.send()
	case p < 360:
		m.sink.allow(m.rand.IntN(150))
	case p < 399:
		synctest.Wait()
	default:
		old := m.window.Position()
		m.epochs++
		m.window.Reset("t"+strconv.Itoa(m.epochs), 0)
		m.seq = 0
		if m.rand.IntN(2) == 0 { // the client reads on before the hub is told
			m.sink.allow(m.rand.IntN(300))
			synctest.Wait()
		}
		m.hub.Reset(history.Gap{From: old.String(), To: m.window.Position().String(), Reason: history.GapEpoch})
	}
}

func (m *lapse) send() {
	to := [][]engine.Address{{engine.User("bob")}, {engine.User("alice")}, {engine.All, engine.User("alice")}}[m.rand.IntN(3)]
	text := fmt.Sprintf("%d %s", len(m.due), strings.Repeat("y", m.rand.IntN(90)))
	m.publish(&engine.Record{To: to, Name: "n"}, text)
	if to[0] != engine.User("bob") {
		m.due = append(m.due, modelText{m.window.Position(), text})
	}
}

// check goes through what the client got.
func (m *lapse) check() {
	m.t.Helper()
	text := m.sink.text()
	if m.gzip {
		text, _ = m.sink.plain(m.t)
	}
	d := sse.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "HEAD\r\n\r\n")), 1<<20)
	for {
		ev, err := d.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			m.t.Fatalf("decode: %v", err)
		case ev.Name == "n" && (len(m.due) == 0 || m.due[0] != modelText{position(m.t, ev.ID), string(ev.Data)}):
			m.t.Fatalf("got %s %q, want the first of %v", ev.ID, ev.Data, m.due[:min(3, len(m.due))])
		case ev.Name == "n":
			m.due = m.due[1:]
		case ev.Name == sse.EventGap:
			m.gap(ev.Data)
		}
	}
	if len(m.due) > 0 {
		m.t.Errorf("%d events are missing at the end, from %v", len(m.due), m.due[0])
	}
	if c := m.sink.owner.(*connection); c.out != nil || c.stalled.Load() != 0 {
		m.t.Errorf("a queue is left: %+v", c.out)
	}
}

// gap leaves out what the client was told of, which is never nothing.
func (m *lapse) gap(data []byte) {
	m.t.Helper()
	var g sse.Gap
	if err := json.Unmarshal(data, &g); err != nil {
		m.t.Fatal(err)
	}
	if g.Reason == string(history.GapEpoch) {
		return
	}
	from, to, n := position(m.t, g.From), position(m.t, g.To), 0
	for n < len(m.due) && m.due[n].at.Epoch == from.Epoch && m.due[n].at.Seq >= from.Seq && m.due[n].at.Seq <= to.Seq {
		n++
	}
	if n == 0 {
		m.t.Fatalf("gap %s, and the next event is the first of %v", data, m.due[:min(3, len(m.due))])
	}
	m.due = m.due[n:]
}

func position(t *testing.T, text string) engine.Position {
	t.Helper()
	pos, err := engine.ParsePosition(text)
	if err != nil {
		t.Fatal(err)
	}
	return pos
}
