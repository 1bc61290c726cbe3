package splice

import (
	"encoding/binary"
	"hash/crc32"
)

// Sum is what the trailer of a gzip stream says of its plain text. The zero
// value is that of an empty stream.
type Sum struct{ crc, size uint32 }

// Add counts a block that was sent as a whole, in the order of sending.
func (s *Sum) Add(b *Block) {
	s.crc = crc32.Update(s.crc, crc32.IEEETable, b.plain)
	s.size += uint32(len(b.plain))
}

// AppendEnd appends the end of the stream: the last block and the trailer (RFC
// 1952 section 2.3.1).
func (s *Sum) AppendEnd(b []byte) []byte {
	b = append(b, last...)
	b = binary.LittleEndian.AppendUint32(b, s.crc)
	return binary.LittleEndian.AppendUint32(b, s.size)
}
