//go:build linux

package chaos

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/hub/client"
	"example.org/hub/engine"
)

// writer posts the messages of its own sources, one at a time.
type writer struct {
	all, topic *source
	users      []*source
	press      *press
}

// press posts to the hubs, whichever is up.
type press struct {
	t    *testing.T
	hubs []*client.Publisher
	run  string // part of the idempotency keys
	stop chan struct{}
	wg   sync.WaitGroup

	attempts, acked, failed, again atomic.Int64
	wrong                          atomic.Int64 // repeated POSTs that got another position
}

func newPress(t *testing.T, s *site) *press {
	t.Helper()
	p := &press{t: t, run: rand.Text(), stop: make(chan struct{})}
	for _, h := range s.hubs {
		pub, err := client.NewPublisher("http://"+h.internal, client.WithAPIKey(testKey),
			client.WithMaxRetries(0), client.WithTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		p.hubs = append(p.hubs, pub)
	}
	t.Cleanup(func() {
		p.halt()
		for _, pub := range p.hubs {
			_ = pub.Close()
		}
	})
	return p
}

// halt stops the writers, each after the message that it is at.
func (p *press) halt() {
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.wg.Wait()
}

// write posts until the press stops.
func (w *writer) write(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-w.press.stop:
			return
		case <-tick.C:
		}
		src := w.users[mathrand.IntN(len(w.users))]
		switch n := mathrand.IntN(100); {
		case n < 3:
			src = w.all
		case n < 12:
			src = w.topic
		}
		if !w.press.post(src) {
			return
		}
	}
}

// post sends the next message of a source until a hub has acknowledged it. It
// reports whether one has.
func (p *press) post(src *source) bool {
	n := len(src.acked) + 1
	m := client.Message{
		To: []string{src.to}, Event: eventName, Data: note{src.name, n},
		IdempotencyKey: fmt.Sprintf("%s-%s-%d", p.run, src.name, n),
	}
	pos, ok := p.send(m)
	if !ok {
		return false
	}
	src.acked = append(src.acked, pos)
	p.acked.Add(1)
	if mathrand.IntN(50) == 0 { // as a service does that has not heard the answer
		p.again.Add(1)
		if second, ok := p.send(m); ok && second != pos {
			p.t.Errorf("%s %d is at %v, and repeated at %v", src.name, n, pos, second)
			p.wrong.Add(1)
		}
	}
	return true
}

// send posts one message to one hub after the other.
func (p *press) send(m client.Message) (engine.Position, bool) {
	for range patience * 10 {
		p.attempts.Add(1)
		res, err := p.hubs[mathrand.IntN(len(p.hubs))].Send(context.Background(), m)
		if err == nil {
			pos, err := engine.ParsePosition(res.ID)
			if err != nil {
				p.t.Errorf("acknowledged with id %q", res.ID)
			}
			return pos, err == nil
		}
		p.failed.Add(1)
		if refused := (*client.Error)(nil); errors.As(err, &refused) && refused.Status < http.StatusInternalServerError {
			p.t.Errorf("post: %v", err)
			return engine.Position{}, false
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Error("no hub takes a message")
	return engine.Position{}, false
}
