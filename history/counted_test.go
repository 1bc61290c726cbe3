package history

import "testing"

func TestCounted_ForgetsTheOldest(t *testing.T) {
	var c counted
	const more = 100
	for n := range uint64(maxCounted + more) {
		c.put(recordID{7, n}, NewReceipt())
	}
	for _, tt := range []struct {
		id   recordID
		want bool
	}{
		{recordID{7, 0}, false},
		{recordID{7, more - 1}, false},
		{recordID{7, more}, true},
		{recordID{7, maxCounted + more - 1}, true},
		{recordID{8, more}, false},
	} {
		if got := c.get(tt.id) != nil; got != tt.want {
			t.Errorf("%v: known %v, want %v", tt.id, got, tt.want)
		}
	}
	if len(c.receipts) != maxCounted || len(c.order) != maxCounted {
		t.Errorf("%d receipts in %d places", len(c.receipts), len(c.order))
	}
}
