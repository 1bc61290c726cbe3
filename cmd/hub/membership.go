package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/cluster"
	"example.org/hub/engine"
)

// newMember makes the hub's place among the others. It joins them last, when it
// can answer their questions.
func (n *node) newMember() *cluster.Member {
	return cluster.New(cluster.Config{
		Cluster: n.engine,
		Hub:     n.cfg.Instance,
		Boot:    rand.Text(),
		Version: readBuild().Version,
		Log:     n.log,
		Figures: func() (connections, users int64, head uint64) {
			s := n.actors.Stats()
			return s.Connections, s.Users, n.events.Window().Head()
		},
	})
}

// joinAgain is the time between attempts to join.
const joinAgain = 500 * time.Millisecond

// join announces the hub to the others, and begins to keep revocations for them.
// It waits for an engine that is away, as the log did before: members of a new
// cluster have no leader for a while.
func (n *node) join(ctx context.Context) error {
	for tries := 1; ; tries++ {
		err := n.member.Join(ctx, n.answer)
		if err == nil {
			break
		}
		if !errors.Is(err, engine.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		if tries == 1 {
			n.log.Warn("waiting to join the cluster", "err", err)
		}
		pause(ctx, joinAgain)
	}
	n.joined = true
	n.keeper = keepRevocations(n)
	return n.watchPresence()
}

// noticeTimeout is for the others to be told that this hub drains, or is gone.
const noticeTimeout = 2 * time.Second

// leave takes back what join did, if it did. A lease that cannot be withdrawn
// runs out by itself.
func (n *node) leave(ctx context.Context) {
	if !n.joined {
		return
	}
	n.keeper.close()
	n.closeWebhook(ctx)
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	if err := n.member.Leave(ctx); err != nil {
		n.log.Warn("lease not withdrawn", "err", err)
	}
}

// announceDrain tells the other hubs that this one drains, or serves again. That
// they cannot be told changes nothing for the clients.
func (n *node) announceDrain(ctx context.Context, draining bool) {
	tell := n.member.Resume
	if draining {
		tell = n.member.Drain
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	if err := tell(ctx); err != nil {
		n.log.Warn("drain not announced", "draining", draining, "err", err)
	}
}

// countCluster adds the figures of the membership, and of what it is for.
func (n *node) countCluster(set *metrics.Set) {
	set.RegisterMetricsWriter(func(w io.Writer) {
		metrics.WriteGaugeUint64(w, "hub_cluster_instances", uint64(n.member.Size()))
		metrics.WriteCounterUint64(w, "hub_lease_renew_failures_total", n.member.Failures())
		metrics.WriteGaugeUint64(w, "hub_revocations", uint64(n.identity.revocations.Len()))
	})
}
