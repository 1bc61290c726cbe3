//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/client"
	"example.org/hub/engine"
	"example.org/hub/sse"
)

const (
	eventName = "chaos"
	endName   = "end" // the last event of a run
)

// idleTimeout is when clients give up a stream: hubs send a ping every second.
const idleTimeout = 4 * time.Second

// subscriber is one client. Its fields are its goroutine's until that ends.
type subscriber struct {
	sources []*source
	stream  *client.Stream
	got     []arrival
	gaps    []gap
	odd     []string    // what no hub should send
	opened  []time.Time // when streams began
	started atomic.Bool // it has a position to resume from
	ended   atomic.Bool // it has come to the end of the run
	failure error
}

// audience are all clients of a run.
type audience struct {
	members []*subscriber
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

// gather connects the clients through the load balancer and waits until all of
// them have a position to resume from.
func gather(t *testing.T, s *site, members []*subscriber, tokens, topics []string) *audience {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a := &audience{members: members, cancel: cancel}
	t.Cleanup(a.leave)
	for i, m := range members {
		var err error
		m.stream, err = client.Subscribe(ctx, "http://"+s.address+"/api/sse",
			client.WithTokenSource(client.StaticToken(tokens[i])), client.WithTopics(topics[i]),
			client.WithBackoff(200*time.Millisecond, 2*time.Second), client.WithTimeout(4*time.Second),
			client.WithIdleTimeout(idleTimeout), client.OnState(m.noteState))
		if err != nil {
			t.Fatal(err)
		}
		a.wg.Go(m.run)
	}
	for range patience {
		if a.ready() == len(members) {
			return a
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("only %d clients have streams", a.ready())
	return nil
}

// leave ends all streams.
func (a *audience) leave() {
	a.cancel()
	a.wg.Wait()
}

// ready counts those that have a position.
func (a *audience) ready() (n int) {
	for _, m := range a.members {
		if m.started.Load() {
			n++
		}
	}
	return n
}

// waiting counts those that have not come to the end of the run.
func (a *audience) waiting() (n int) {
	for _, m := range a.members {
		if !m.ended.Load() {
			n++
		}
	}
	return n
}

func (m *subscriber) noteState(st client.Status) {
	if st.State == client.Open {
		m.opened = append(m.opened, time.Now())
	}
}

func (m *subscriber) run() {
	for ev, err := range m.stream.Events() {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				m.failure = err
			}
			return
		}
		m.take(ev)
		if m.stream.LastEventID() != "" { // at the latest at the first ping
			m.started.Store(true)
		}
	}
}

func (m *subscriber) take(ev sse.Event) {
	switch ev.Name {
	case eventName:
		var a arrival
		var err error
		if a.at, err = engine.ParsePosition(ev.ID); err != nil {
			m.odd = append(m.odd, "id "+ev.ID)
		}
		if err := json.Unmarshal(ev.Data, &a.note); err != nil {
			m.odd = append(m.odd, "data "+string(ev.Data))
		}
		m.got = append(m.got, a)
	case sse.EventGap:
		m.takeGap(ev)
	case endName:
		m.ended.Store(true)
	case sse.EventConnected, sse.EventPing, sse.EventReconnect:
	default:
		m.odd = append(m.odd, "event "+ev.Name)
	}
}

func (m *subscriber) takeGap(ev sse.Event) {
	var g sse.Gap
	if err := json.Unmarshal(ev.Data, &g); err != nil {
		m.odd = append(m.odd, "gap "+string(ev.Data))
		return
	}
	from, err := engine.ParsePosition(g.From)
	to, errTo := engine.ParsePosition(g.To)
	if (err != nil && g.From != "") || errTo != nil {
		m.odd = append(m.odd, "gap "+string(ev.Data))
		return
	}
	m.gaps = append(m.gaps, gap{from, to, g.Reason})
}
