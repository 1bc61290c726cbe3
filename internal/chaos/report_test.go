//go:build linux

package chaos

import (
	"fmt"
	"strings"
	"time"
)

// report returns a run's figures as a Markdown page.
func report(seed uint64, clients int, took time.Duration, done []int, st *stage, v verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Chaos\n\nThree hubs on one Redis behind HAProxy, %d clients, %v, seed %d.\n\n", clients, took.Round(time.Second), seed)
	b.WriteString("| fault | times |\n|---|--:|\n")
	for i, n := range done {
		fmt.Fprintf(&b, "| %s | %d |\n", faults[i].name, n)
	}
	b.WriteString("\n| figure | |\n|---|--:|\n")
	for _, row := range []struct {
		name string
		n    int
	}{
		{"POSTs tried", int(st.press.attempts.Load())},
		{"POSTs that failed, tried again with their key", int(st.press.failed.Load())},
		{"POSTs repeated though acknowledged", int(st.press.again.Load())},
		{"of those answered with another position", int(st.press.wrong.Load())},
		{"messages acknowledged", int(st.press.acked.Load())},
		{"deliveries", v.delivered},
		{"reconnects", st.audience.reconnects()},
		{"gap events", v.gaps},
		{"deliveries missing that a gap event covers", v.excused},
		{"deliveries missing (losses)", v.lost},
		{"deliveries twice (duplicates)", v.duplicates},
		{"messages twice in the log", v.repeated},
		{"deliveries out of order", v.disorder},
		{"deliveries to somebody else (leaks)", v.leaked},
	} {
		fmt.Fprintf(&b, "| %s | %d |\n", row.name, row.n)
	}
	return b.String()
}
