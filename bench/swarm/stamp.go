package swarm

import (
	"bytes"
	"strconv"
)

// Stamp identifies an event and says when it was sent. It travels in the
// event's data.
type Stamp struct {
	Slot     int    // which ordered stream of events it belongs to, below MaxSlots
	Seq      uint32 // 1 for the first event of the slot
	Intended int64  // when the schedule wanted it sent, by Now
	Sent     int64  // when it was sent, by Now
}

// stampKey starts the array that holds a stamp. Searching for the key, rather
// than decoding JSON, is what keeps a delivery cheap for the reader.
const stampKey = `"bench":[`

// AppendData appends the data of an event: a JSON object with the stamp, padded
// to size bytes. It is longer if the stamp alone needs more.
func AppendData(dst []byte, s Stamp, size int) []byte {
	start := len(dst)
	dst = append(appendStamp(dst, s), `,"pad":"`...)
	for len(dst)-start < size-2 {
		dst = append(dst, 'x')
	}
	return append(dst, `"}`...)
}

// appendStamp opens an object and appends the stamp.
func appendStamp(dst []byte, s Stamp) []byte {
	dst = append(dst, '{')
	dst = append(dst, stampKey...)
	dst = strconv.AppendInt(dst, int64(s.Slot), 10)
	dst = append(dst, ',')
	dst = strconv.AppendUint(dst, uint64(s.Seq), 10)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, s.Intended, 10)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, s.Sent, 10)
	return append(dst, ']')
}

// ParseStamp finds the stamp in an event's data. It reports false for data that
// carries none.
func ParseStamp(data []byte) (Stamp, bool) {
	i := bytes.Index(data, []byte(stampKey))
	if i < 0 {
		return Stamp{}, false
	}
	data = data[i+len(stampKey):]
	var field [4]int64
	for i := range field {
		end := byte(',')
		if i == len(field)-1 {
			end = ']'
		}
		var ok bool
		if field[i], data, ok = cutInt(data, end); !ok {
			return Stamp{}, false
		}
	}
	if field[0] >= MaxSlots || field[1] > 1<<32-1 {
		return Stamp{}, false
	}
	return Stamp{Slot: int(field[0]), Seq: uint32(field[1]), Intended: field[2], Sent: field[3]}, true
}

// cutInt reads the decimal digits before end and returns what follows it.
// Spaces before the digits are skipped: a server may reformat JSON.
func cutInt(p []byte, end byte) (n int64, rest []byte, ok bool) {
	i := 0
	for i < len(p) && p[i] == ' ' {
		i++
	}
	digits := 0
	for ; i < len(p) && p[i] >= '0' && p[i] <= '9' && digits < 18; i++ {
		n = n*10 + int64(p[i]-'0')
		digits++
	}
	if digits == 0 || i >= len(p) || p[i] != end {
		return 0, nil, false
	}
	return n, p[i+1:], true
}
