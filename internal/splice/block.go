package splice

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/flate"
)

// Block is one frame as it goes into gzip streams. It never changes.
type Block struct {
	Bytes []byte // what is sent
	plain []byte // what it becomes
}

// Size is what a block takes in memory beside the plain frame, in bytes.
func (b *Block) Size() int { return len(b.Bytes) + 48 }

// header begins a gzip stream: deflate, no name, no time, an unknown system (RFC
// 1952 section 2.3).
const header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// A stored block has a byte with its kind, and its length twice.
const (
	storedHead = 5
	maxStored  = 1<<16 - 1
	flush      = "\x00\x00\x00\xff\xff" // an empty one
	last       = "\x01\x00\x00\xff\xff" // the same, the last of its stream
)

// Deflate returns the block of a frame, compressed if that makes it smaller. It
// costs some microseconds and keeps plain.
func Deflate(plain []byte) *Block {
	var buf bytes.Buffer
	buf.Grow(len(plain)/2 + 64)
	// It ends with a flush, and has no state that would cost memory between two calls.
	if err := flate.StatelessDeflate(&buf, plain, false, nil); err != nil {
		panic(fmt.Sprintf("deflate into memory: %v", err)) // a buffer takes everything
	}
	if buf.Len() >= storedSize(len(plain)) {
		return Store(plain)
	}
	return &Block{Bytes: bytes.Clone(buf.Bytes()), plain: plain}
}

// Store returns the block of a frame that is for one stream alone: as it is, at
// ten bytes more. It keeps plain.
func Store(plain []byte) *Block {
	return &Block{Bytes: appendStored(make([]byte, 0, storedSize(len(plain))), plain), plain: plain}
}

// Begin returns the first block of a stream, stored, behind the head of its
// response and the gzip header. It keeps plain.
func Begin(head, plain []byte) *Block {
	b := make([]byte, 0, len(head)+len(header)+storedSize(len(plain)))
	b = append(b, head...)
	b = append(b, header...)
	return &Block{Bytes: appendStored(b, plain), plain: plain}
}

// storedSize is how long a frame of n bytes is as a stored block.
func storedSize(n int) int { return n + (n+maxStored-1)/maxStored*storedHead + len(flush) }

func appendStored(b, plain []byte) []byte {
	for len(plain) > 0 {
		n := min(len(plain), maxStored)
		b = append(b, 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(n))
		b = append(b, plain[:n]...)
		plain = plain[n:]
	}
	// Without it Go's decoder would keep the text until the next frame comes.
	return append(b, flush...)
}
