package main

import "example.org/hub/bench/swarm"

// checkDelivery makes a run fail that lost, repeated or reordered anything.
func checkDelivery(out *outcome, phase string, want uint64, st *swarm.Stats, missing uint64) {
	out.add(phase+".lost", "", float64(st.Lost()+missing))
	out.add(phase+".duplicates", "", float64(st.Duplicates))
	out.add(phase+".reordered", "", float64(st.Reordered))
	if st.Delivered != want || st.Lost() > 0 || missing > 0 {
		out.fail("%s: %d of %d events arrived, %d missing in between, %d at the end", phase, st.Delivered, want, st.Lost(), missing)
	}
	if st.Duplicates > 0 || st.Reordered > 0 || st.Gaps > 0 {
		out.fail("%s: %d duplicates, %d reordered, %d gap events", phase, st.Duplicates, st.Reordered, st.Gaps)
	}
	if st.Closed > 0 || st.Broken > 0 {
		out.fail("%s: %d streams closed by the server, %d malformed", phase, st.Closed, st.Broken)
	}
}

// addLatency reports the percentiles of a histogram.
func addLatency(out *outcome, name string, l *swarm.Latency) {
	out.latencies = append(out.latencies, distribution{name: name, latency: l})
	out.add(name+"_p50", "ms", millis(l.Quantile(0.50)))
	out.add(name+"_p99", "ms", millis(l.Quantile(0.99)))
	out.add(name+"_p999", "ms", millis(l.Quantile(0.999)))
	out.add(name+"_max", "ms", millis(l.Max()))
}
