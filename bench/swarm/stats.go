package swarm

// Stats are what readers saw since the last Collect.
type Stats struct {
	Delivered uint64 // stamped events, without duplicates
	Pings     uint64 // heartbeats
	Gaps      uint64 // events by which the server says that it dropped some
	Others    uint64 // events without a stamp, other than the above
	Bytes     uint64 // read from sockets
	Reads     uint64 // calls of read(2) that returned bytes

	Replayed  uint64 // of those delivered, the ones that were due before the stream was opened
	Announced uint64 // sequence numbers jumped over behind a gap event

	Skipped    uint64 // sequence numbers jumped over without one when a later one came
	Reordered  uint64 // of those, the ones that came after all
	Duplicates uint64
	Closed     uint64 // streams that the server ended
	Broken     uint64 // streams given up for a malformed response

	Corrected *Latency // from the intended send time
	Actual    *Latency // from the actual send time
}

// Lost is how many events were jumped over and never came. Events missing at the
// end of a stream are not in it: see Swarm.Missing.
func (s *Stats) Lost() uint64 { return s.Skipped - min(s.Reordered, s.Skipped) }

// NewStats returns counts of nothing.
func NewStats() Stats { return Stats{Corrected: NewLatency(), Actual: NewLatency()} }

// Add adds the counts of o.
func (s *Stats) Add(o *Stats) {
	s.Delivered += o.Delivered
	s.Pings += o.Pings
	s.Gaps += o.Gaps
	s.Others += o.Others
	s.Bytes += o.Bytes
	s.Reads += o.Reads
	s.Replayed += o.Replayed
	s.Announced += o.Announced
	s.Skipped += o.Skipped
	s.Reordered += o.Reordered
	s.Duplicates += o.Duplicates
	s.Closed += o.Closed
	s.Broken += o.Broken
	s.Corrected.Merge(o.Corrected)
	s.Actual.Merge(o.Actual)
}

// count notes a stamped event that arrived at now. One that was due before since
// is no sample of latency.
func (s *Stats) count(o *order, st Stamp, since, now int64) (fresh bool) {
	v, skipped := o.take(st.Seq)
	if o.told {
		s.Announced += uint64(skipped)
		o.told = false
	} else {
		s.Skipped += uint64(skipped)
	}
	switch v {
	case duplicate:
		s.Duplicates++
		return false
	case reordered:
		s.Reordered++
	case inOrder, afterGap:
	}
	s.Delivered++
	if st.Intended < since {
		s.Replayed++
		return true
	}
	s.Corrected.Record(now - st.Intended)
	s.Actual.Record(now - st.Sent)
	return true
}
