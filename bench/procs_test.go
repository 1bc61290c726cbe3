package main

import (
	"strings"
	"testing"
)

func TestPlanProcs(t *testing.T) {
	f := func(conns, asked, servers int, target string, want int, said, failed string) {
		t.Helper()
		var w strings.Builder
		got, err := planProcs(&options{Conns: conns, Procs: asked, Target: target}, 20_000, servers, &w)
		if failed != "" {
			if err == nil || !strings.Contains(err.Error(), failed) {
				t.Errorf("%d streams: %v, want an error with %q", conns, err, failed)
			}
			return
		}
		if err != nil || got != want || !strings.Contains(w.String(), said) || (said == "") != (w.Len() == 0) {
			t.Errorf("%d streams, %d asked: %d, %v, %q; want %d and %q", conns, asked, got, err, w.String(), want, said)
		}
	}
	f(15_000, 0, 1, "", 0, "", "")
	f(15_000, 1, 1, "", 0, "", "")
	f(19_700, 0, 1, "", 0, "", "")
	f(19_701, 0, 1, "", 0, "", "--hubs 2 --conns 9850")
	f(45_000, 0, 1, "", 0, "", "--hubs 3 --conns 15000")
	f(45_000, 0, 3, "", 3, "45000 streams and 20000 files a process: 3 workers", "")
	f(45_000, 2, 1, "127.0.0.1:80", 3, "3 workers, not 2", "") // a running hub may have other limits
	f(15_000, 4, 1, "", 4, "4 workers", "")
	if _, err := planProcs(&options{Conns: 1}, 256, 1, &strings.Builder{}); err == nil {
		t.Error("256 files: no error")
	}
}
