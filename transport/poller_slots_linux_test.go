package transport

import (
	"sync"
	"testing"
	"unsafe"
)

// A stream is paid for by every connection: a field more is the next size class.
func TestOwnStream_Size(t *testing.T) {
	if got := unsafe.Sizeof(ownStream{}); got > 48 {
		t.Errorf("an ownStream has %d bytes", got)
	}
}

func TestSlots_PagesStay(t *testing.T) {
	var s slots
	if s.page(0) != nil || s.page(1<<20) != nil {
		t.Error("pages before the first stream")
	}
	first := s.makePage(3)
	far := s.makePage(1 << 20) // the directory grows
	for _, tt := range []struct {
		fd   int32
		want *slotPage
	}{
		{0, first},
		{pageSize - 1, first},
		{pageSize, nil},
		{1 << 20, far},
		{1<<20 - 1, nil},
		{1 << 30, nil},
	} {
		if got := s.page(tt.fd); got != tt.want {
			t.Errorf("page of %d: got %p, want %p", tt.fd, got, tt.want)
		}
	}
	if first.slot(3) != s.makePage(3).slot(3) || first.slot(3) == first.slot(4) {
		t.Error("slots moved or are shared")
	}
}

func TestSlots_GrowTogether(t *testing.T) {
	var s slots
	const workers, pages = 4, 200
	var got [workers][pages]*slotPage
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range pages {
				got[w][i] = s.makePage(int32(i * pageSize))
			}
		})
	}
	wg.Wait()
	for w := range workers {
		if got[w] != got[0] {
			t.Errorf("worker %d got other pages", w)
		}
	}
}
