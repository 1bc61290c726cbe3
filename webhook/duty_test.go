package webhook

import (
	"testing"
	"time"

	"example.org/hub/cluster"
)

func TestWatcher_WhoseAnEventIsToTell(t *testing.T) {
	start := time.Unix(1000, 0)
	late := start.Add(time.Minute)
	for _, tt := range []struct {
		name string
		self time.Time
		hubs map[string]time.Time // when they began, the zero time if they never said
		want bool
	}{
		{"alone", start, nil, true},
		{"alone, and was not there", late, nil, true},
		{"behind a first one", start, map[string]time.Time{"a": start, "x": start}, false},
		{"before others", start, map[string]time.Time{"x": start}, true},
		{"the first came later", start, map[string]time.Time{"a": late, "x": start}, true},
		{"the first came when it settled", start, map[string]time.Time{"a": start.Add(debounce)}, true},
		{"the first came by an answer's time before", start, map[string]time.Time{"a": start.Add(debounce - cluster.GatherTimeout)}, false},
		{"the first never answered", start, map[string]time.Time{"a": {}}, false},
		{"only one behind was there", late, map[string]time.Time{"a": late, "x": start}, false},
		{"nobody was there", late, map[string]time.Time{"a": late, "x": late}, false},
		{"nobody was there, before others", late, map[string]time.Time{"x": late}, true},
	} {
		w := &Watcher{cfg: Config{Instance: "m", Debounce: debounce}, roster: newRoster("m", tt.self, debounce), present: map[string]bool{"m": true}}
		w.roster.hubs["m"] = &hubUsers{began: tt.self}
		for hub, began := range tt.hubs {
			if w.present[hub] = true; !began.IsZero() {
				w.roster.hubs[hub] = &hubUsers{began: began}
			}
		}
		if got := w.mine(&Event{At: start}); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
