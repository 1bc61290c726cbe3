package webhook

import "example.org/hub/cluster"

// mine reports whether an event is this hub's to tell. That is up to the first by
// name of the hubs that are left of those that were there when it settled: one that
// began later takes such an event for told. If none is left of them it is up to the
// first of all. Where hubs see it differently, by the time of an answer, two tell.
func (w *Watcher) mine(e *Event) bool {
	settled := e.At.Add(w.cfg.Debounce)
	first, was := w.cfg.Instance, !w.roster.began.After(settled)
	for hub := range w.present {
		if hub == w.cfg.Instance {
			continue
		}
		h := w.roster.hubs[hub] // nil if it never answered: it may have been there
		there := h == nil || !h.began.Add(cluster.GatherTimeout).After(settled)
		if there == was && hub < first || there && !was {
			first, was = hub, there
		}
	}
	return first == w.cfg.Instance
}
