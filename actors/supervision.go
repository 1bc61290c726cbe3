package actors

import (
	"fmt"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
	cmap "github.com/orcaman/concurrent-map"
)

// stopOnFailure stops the child that failed and leaves its siblings alone. A
// restarted user would have lost its connections: their clients come back and
// resume, which is the restart.
//
// It is set on the registry's props, since protoactor asks the parent's.
// Above the registry stands the root, which restarts it.
var stopOnFailure = actor.NewOneForOneStrategy(0, 0, func(any) actor.Directive {
	return actor.StopDirective
})

// failure is what a supervisor is told of a panic.
type failure struct {
	fault any
	stack []byte // which holds no values that somebody sent
}

// LogValue implements slog.LogValuer.
func (f *failure) LogValue() slog.Value {
	return slog.GroupValue(slog.String("text", fmt.Sprint(f.fault)), slog.String("stack", string(f.stack)))
}

// props are common to the registry and the users: the pool and our mailbox.
func (h *Hub) props(producer actor.Producer) *actor.Props {
	return actor.PropsFromProducer(producer,
		actor.WithDispatcher(h.pool),
		actor.WithMailbox(func() actor.Mailbox { return &mailbox{pool: h.pool} }),
		actor.WithSupervisor(stopOnFailure),
	)
}

// shrinkProcessRegistry replaces protoactor's table of processes, 1,024 maps of
// 32 shards each. Users are spawned by one actor, so 32 shards are enough, and
// a user costs 40 bytes of the table instead of 260 as long as there are fewer
// of them than shards.
func shrinkProcessRegistry(system *actor.ActorSystem) {
	system.ProcessRegistry.LocalPIDs = &actor.SliceMap{
		LocalPIDs: []cmap.ConcurrentMap{cmap.New()},
	}
}
