package main

import (
	"fmt"
	"io"
)

// otherFiles are those that a process needs besides its streams: publishers,
// files, pipes, a hub's own connections.
const otherFiles = 300

// planProcs decides how many worker processes the readers need, 0 for none
// besides this one, and says on w why. limit is how many files a process may
// open; servers share the streams evenly.
func planProcs(o *options, limit, servers int, w io.Writer) (int, error) {
	room := limit - otherFiles
	if room < 1 {
		return 0, fmt.Errorf("a process here may open %d files; %d and more are needed", limit, otherFiles)
	}
	if o.Target == "" && o.Conns > room*servers {
		return 0, fmt.Errorf("%d connections to %d server(s): a process here may open %d files, so a server takes %d at most; "+
			"raise the limit (ulimit -Hn), or spread them by: bench cluster --hubs %d --conns %d",
			o.Conns, servers, limit, room, (o.Conns+room-1)/room, min(o.Conns/((o.Conns+room-1)/room), room))
	}
	least := (o.Conns + room - 1) / room
	if o.Procs <= 1 && least == 1 {
		return 0, nil
	}
	procs := max(o.Procs, least)
	if procs > o.Procs && o.Procs > 0 {
		fmt.Fprintf(w, "bench: %d streams and %d files a process: %d workers, not %d\n", o.Conns, limit, procs, o.Procs)
	} else {
		fmt.Fprintf(w, "bench: %d streams and %d files a process: %d workers\n", o.Conns, limit, procs)
	}
	return procs, nil
}
