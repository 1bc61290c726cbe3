package splice

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Twin is the block of a frame that is compressed when the first stream needs
// it. Its zero value is ready; it must not be copied.
type Twin struct{ block atomic.Pointer[Block] }

// making are the locks under which twins are made. A frame that a thousand
// streams need at once is still compressed once, and a twin needs no lock of its
// own, of which there would be one for every event.
var making [64]sync.Mutex

// Of returns the block of plain, which is the same at every call, and whether
// this call made it.
func (t *Twin) Of(plain []byte) (b *Block, made bool) {
	if b := t.block.Load(); b != nil {
		return b, false
	}
	lock := &making[uintptr(unsafe.Pointer(t))/64%uintptr(len(making))] // what holds a twin is about so large
	lock.Lock()
	defer lock.Unlock()
	if b := t.block.Load(); b != nil {
		return b, false
	}
	b = Deflate(plain)
	t.block.Store(b)
	return b, true
}
