package transport

import (
	"context"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/actors"
	"example.org/hub/auth"
	"example.org/hub/cluster"
	"example.org/hub/engine"
	"example.org/hub/history"
)

// Hub is the supervision tree as transport sees it. *actors.Hub is one.
type Hub interface {
	// Attach hands a stream over. It never blocks; a refusal comes back
	// through Stream.Refuse.
	Attach(*actors.Attach)

	// UpdateDashboard gives the dashboards of this hub their next frame.
	UpdateDashboard(frame []byte)

	// Stats returns the figures of this hub.
	Stats() actors.Stats

	// Users lists who is connected, by id, at most limit after the id.
	Users(ctx context.Context, after string, limit int) ([]actors.UserInfo, error)

	// User describes one user and reports whether it is connected.
	User(ctx context.Context, id string) (actors.UserInfo, bool, error)

	// Draining reports whether the hub has begun to stop.
	Draining() bool

	// Ping asks the tree for a sign of life.
	Ping(ctx context.Context) error
}

// Log takes what publishers and operators send. *history.Log is one.
type Log interface {
	// Append stores a record; the result tells whom it reached.
	Append(ctx context.Context, rec *engine.Record, key string) (*history.Pending, error)
}

// Verifier checks users' tokens. *auth.Verifier is one.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Principal, error)
}

// MercureVerifier checks the tokens of Mercure's clients and publishers.
// *auth.Verifier is one.
type MercureVerifier interface {
	VerifyMercure(ctx context.Context, token string) (auth.MercureToken, error)
}

// KeyVerifier checks services' keys. *auth.APIKeys is one.
type KeyVerifier interface {
	Verify(key string) (auth.Principal, error)
}

// TicketOffice exchanges principals for one-time tickets. *auth.Tickets is one.
type TicketOffice interface {
	Issue(auth.Principal) (ticket string, expires time.Time, err error)
	Redeem(ticket string) (auth.Principal, error)
}

// RevocationList refuses tokens that were revoked. *auth.Revocations is one.
type RevocationList interface {
	Revoke(user string, before time.Time)
	Check(*auth.Principal) error
}

// Cluster is the way to the other hubs. *cluster.Member is one.
type Cluster interface {
	// Gather asks all others and names those that do not answer in time. For a
	// hub that is alone it costs nothing.
	Gather(ctx context.Context, q cluster.Question) (replies []cluster.Reply, silent []string)
}

// Counts knows whom records that every hub counts have reached here.
// *history.Log is one.
type Counts interface {
	Origin() uint64
	Count(origin, nonce uint64) (connections, users int, known bool)
}

// Past gets ready what returning clients missed. *history.Log is one.
type Past interface {
	// Prepare waits, until ctx ends at most, for what is not in the window yet,
	// or not any more. With history.ErrBehind the client is to come back.
	Prepare(ctx context.Context, q history.Query) (*history.Recalled, error)
}

// Drain hands the clients of this hub over to others, without an end of the hub.
type Drain interface {
	// Begin begins to drain; it does nothing if that has begun.
	Begin()

	// Cancel takes it back, and reports whether it could: a hub that stops
	// drains for good.
	Cancel() bool

	State() DrainState
}

// DrainState says how far a drain is.
type DrainState string

// The states, in their order.
const (
	DrainNone      DrainState = "serving"   // there is no drain
	DrainAnnounced DrainState = "announced" // unready, but still serving who comes
	DrainRunning   DrainState = "draining"  // streams end one by one, new ones are refused
	DrainDone      DrainState = "drained"   // no stream is left
)

// Check is one condition of readiness, or of the start. Its error is shown on the internal
// listener, so it names no secret.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Deps are the parts that a Server works with. Hub, Log, Tickets and
// Revocations are needed; the others may be nil.
type Deps struct {
	Hub         Hub
	Log         Log
	Verifier    Verifier        // nil: no token is valid
	Mercure     MercureVerifier // of Config.Mercure; nil: no token is valid
	Publishers  MercureVerifier // of its publishers; nil: as Mercure
	APIKeys     KeyVerifier     // nil: no key is valid
	Tickets     TicketOffice
	Revocations RevocationList
	Cluster     Cluster        // nil: this hub is alone
	Counts      Counts         // nil: receipts count this hub only
	Past        Past           // nil: clients get what the window has
	Drain       Drain          // nil: the hub drains when it stops, and there are no routes for it
	Checks      []Check        // of /readyz, besides the server's own
	Startup     []Check        // of /startupz, until all of them have succeeded together
	Metrics     *metrics.Set   // nil for one of the server's own
	Logger      *slog.Logger   // nil to discard
	LogLevel    *slog.LevelVar // of Logger; nil: it cannot be changed
}
