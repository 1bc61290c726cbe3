package nats

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
)

// newEpoch returns a text that no log had before: the second and 25 random bits.
// It is short because it travels in the id of every event.
func newEpoch(now time.Time) string {
	return strconv.FormatInt(now.Unix(), 36) + strings.ToLower(rand.Text()[:5])
}
