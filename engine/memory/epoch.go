package memory

import (
	"crypto/rand"
	"strconv"
	"time"
)

const (
	epochTimeLen   = 7 // seconds since 1970 in base 36, enough until the year 4453
	epochRandomLen = 5 // 60 million values within one second
)

// newEpoch returns a text that no start of a hub had before and that sorts by
// time. It is short because it travels in the id of every event.
func newEpoch(now time.Time) string {
	b := make([]byte, 0, epochTimeLen+epochRandomLen)
	for range epochTimeLen - len(strconv.FormatInt(now.Unix(), 36)) {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, now.Unix(), 36)

	random := make([]byte, epochRandomLen)
	_, _ = rand.Read(random) // never fails, see its documentation
	for _, r := range random {
		// The slight bias of the remainder does no harm: nothing is guessed.
		b = append(b, "0123456789abcdefghijklmnopqrstuvwxyz"[r%36])
	}
	return string(b)
}
