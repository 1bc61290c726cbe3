package nats

import (
	"context"
	"encoding/json"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// holdLimit is how long a member that leaves can hold the appends of the others up,
// also if it dies meanwhile, and half of it how long it waits for them to do as it
// says: one that does not answer, as those of older versions, costs that.
const holdLimit = time.Second

// notice is what a member that leaves tells the hubs.
type notice struct {
	Server string `json:"server"`
	Over   bool   `json:"over"` // it leads nothing any more; before that it is about to hand over
}

// handOver gives what this server leads to the other members of its cluster, while
// it is still there. The hubs hold their appends back meanwhile, their tails read
// from other members then, and those that are clients of this server go to another
// one. Without a majority nobody takes over, and it gives up after three times the
// limit of a hold.
func (e *Engine) handOver() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*e.cfg.holdLimit)
	defer cancel()
	if e.told.Load() == nil { // it was never open, and cannot tell anybody
		e.server.abdicate(ctx)
		return
	}
	heedful := e.tell(ctx, notice{Server: e.cfg.ServerName}, e.countHubs(ctx))
	e.server.abdicate(ctx)
	e.tell(ctx, notice{Server: e.cfg.ServerName, Over: true}, heedful)
}

// countHubs returns how many other hubs there are, 0 if that cannot be told.
func (e *Engine) countHubs(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.holdLimit/2)
	defer cancel()
	kv, _, err := e.leases.open(ctx, e)
	if err != nil {
		return 0
	}
	leases, err := readLeases(ctx, kv)
	if err != nil {
		return 0
	}
	return len(newest(leases))
}

// tell sends the notice to all hubs, waits until so many have done as it says, and
// returns how many have.
func (e *Engine) tell(ctx context.Context, n notice, hubs int) (heedful int) {
	text, err := json.Marshal(n)
	if err != nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.holdLimit/2)
	defer cancel()
	inbox := e.nc.NewInbox()
	sub, err := e.nc.SubscribeSync(inbox)
	if err != nil {
		return 0
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only if the connection is closed
	if err := e.nc.PublishRequest(e.names.leaving, inbox, text); err != nil {
		return 0
	}
	for ; heedful < hubs; heedful++ {
		if _, err := sub.NextMsgWithContext(ctx); err != nil {
			e.log.Debug("hubs did not heed", "missing", hubs-heedful, "over", n.Over)
			break
		}
	}
	return heedful
}

// heed does what a member that leaves asks for, and says so.
func (e *Engine) heed(msg *natsgo.Msg) {
	var n notice
	if json.Unmarshal(msg.Data, &n) != nil || n.Server == "" || n.Server == e.cfg.ServerName {
		return
	}
	if n.Over {
		e.moveFrom(n.Server)
		e.gate.release(n.Server)
		_ = msg.Respond(nil) // who leaves does not wait for long
		return
	}
	e.log.Info("nats server leaves", "server", n.Server)
	quiet := e.gate.hold(n.Server, e.cfg.holdLimit)
	go func() { // the end of the hold must not wait behind a call that does not end
		timer := time.NewTimer(e.cfg.holdLimit)
		defer timer.Stop()
		select {
		case <-quiet:
			_ = msg.Respond(nil)
		case <-timer.C:
		case <-e.life.Done():
		}
	}()
}

// moveFrom makes the connection and the tails use other servers than this one, which
// is about to end. Appends are held up, so none of them is lost on the way.
func (e *Engine) moveFrom(server string) {
	if e.server != nil || e.nc.ConnectedServerName() != server {
		e.lost.fire() // a consumer on that server would say nothing more, which is noticed late
		return
	}
	found := e.found.next()
	if e.nc.ForceReconnect() != nil {
		return // closed
	}
	timer := time.NewTimer(e.cfg.holdLimit)
	defer timer.Stop()
	select {
	case <-found:
	case <-timer.C:
	case <-e.life.Done():
	}
}
