package transport

import (
	"sync"
	"sync/atomic"
)

// pageSize is the number of descriptors that share a lock. The lock is held for
// some nanoseconds, or one recv(2) of a client that sends what it should not.
const pageSize = 256

// slots finds the stream behind a descriptor number. Numbers are small and
// dense, so this is an array, in pages that never move and are never freed.
type slots struct {
	grow  sync.Mutex
	pages atomic.Pointer[[]atomic.Pointer[slotPage]]
}

type slotPage struct {
	mu      sync.Mutex
	streams [pageSize]*ownStream
}

// slot returns the place of the stream with this number. The page's lock guards it.
func (p *slotPage) slot(fd int32) **ownStream { return &p.streams[fd%pageSize] }

// page returns the page of a number, or nil if no stream near it ever was.
func (s *slots) page(fd int32) *slotPage {
	dir := s.pages.Load()
	if i := int(fd / pageSize); dir != nil && i < len(*dir) {
		return (*dir)[i].Load()
	}
	return nil
}

// makePage returns the page of a number, and makes it if it has to.
func (s *slots) makePage(fd int32) *slotPage {
	if p := s.page(fd); p != nil {
		return p
	}
	s.grow.Lock()
	defer s.grow.Unlock()
	i := int(fd / pageSize)
	dir := s.pages.Load()
	if dir == nil || i >= len(*dir) {
		dir = extend(dir, i+1)
		s.pages.Store(dir)
	}
	if (*dir)[i].Load() == nil {
		(*dir)[i].Store(new(slotPage))
	}
	return (*dir)[i].Load()
}

// extend copies a directory into one of at least n places, and twice as many as
// before.
func extend(dir *[]atomic.Pointer[slotPage], n int) *[]atomic.Pointer[slotPage] {
	if dir == nil {
		grown := make([]atomic.Pointer[slotPage], max(n, 16))
		return &grown
	}
	grown := make([]atomic.Pointer[slotPage], max(n, 2*len(*dir)))
	for i := range *dir {
		grown[i].Store((*dir)[i].Load())
	}
	return &grown
}
