package history

// GapReason says why a client did not get every event. It is at once the reason
// in the gap event and a metric label.
type GapReason string

// The reasons for a gap.
const (
	GapExpired GapReason = "expired" // the events are no longer retained
	GapEpoch   GapReason = "epoch"   // the position is not one of this log
	GapSlow    GapReason = "slow"    // the client did not read them in time
	GapLimit   GapReason = "limit"   // more events than one replay may have
)

// Gap is a range of positions, both ends included, whose events the client does
// not get. It may name more than the client would have got, never less.
type Gap struct {
	From   string // the first missing position; for GapEpoch what the client sent, "" if that is no position
	To     string // the last missing position
	Reason GapReason
}
