package swarm

import "strconv"

// AppendItems appends the data of an event as AppendData does, filled with
// records as services send them: it compresses as real events do. What is left
// at the end is filled with digits of no pattern.
func AppendItems(dst []byte, s Stamp, size int) []byte {
	const end = `"}`
	start := len(dst)
	dst = append(appendStamp(dst, s), `,"items":[`...)
	random := uint64(s.Seq)*0x9e3779b97f4a7c15 + uint64(s.Slot) + 1
	for n := 0; ; n++ {
		item := len(dst)
		if n > 0 {
			dst = append(dst, ',')
		}
		random = shuffle(random)
		dst = appendItem(dst, random)
		if len(dst)-start > size-len(`],"pad":"`)-len(end) {
			dst = dst[:item]
			break
		}
	}
	dst = append(dst, `],"pad":"`...)
	for len(dst)-start < size-len(end) {
		random = shuffle(random)
		dst = append(dst, "0123456789abcdef"[random>>60])
	}
	return append(dst, end...)
}

// appendItem appends one order of a list.
func appendItem(dst []byte, random uint64) []byte {
	states := [...]string{"open", "paid", "shipped", "returned"}
	dst = append(dst, `{"id":`...)
	dst = strconv.AppendUint(dst, random>>40, 10)
	dst = append(dst, `,"state":"`...)
	dst = append(dst, states[random>>20&3]...)
	dst = append(dst, `","amount":`...)
	dst = strconv.AppendUint(dst, random>>8&0xffff, 10)
	return append(dst, `,"currency":"EUR"}`...)
}

// shuffle is a step of a xorshift generator.
func shuffle(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ x<<17
}
