//go:build linux

package chaos

import (
	"testing"
	"time"
)

// A hub stands still for longer than its clients wait. Those resume at another
// one, which may repeat only one event.
func TestGaps_TellOfAllThatIsMissing(t *testing.T) {
	st := newStage(t, newSite(t, "--max-replay=1", "--retry-min=200ms", "--retry-max=1s"), 60)
	for _, h := range st.hubs {
		if err := halt(h.process, idleTimeout+3*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	v := st.finish()
	t.Logf("%+v", v)
	if v.gaps == 0 || v.excused == 0 {
		t.Errorf("%d gap events, %d deliveries missing: this shows nothing", v.gaps, v.excused)
	}
}
