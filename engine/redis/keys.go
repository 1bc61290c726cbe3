package redis

import (
	"crypto/sha256"
	"encoding/base64"
)

// names are the keys and channels of one namespace. What belongs to the log has
// one hash tag, so that a Cluster keeps it, and its channels, on one node.
type names struct {
	log, meta, marks string
	transients       string // channel of the transient records
	questions        string // channel of the questions to all hubs
	inboxes          string // prefix of the channels of answers
	inbox            string // channel of the answers to this process
	used             string // prefix of the idempotency keys
	hub, hubs        string // prefix of the leases, and the set of their names
}

func newNames(namespace, id string) names {
	log, hubs := "h:{"+namespace+":0}:", "h:{"+namespace+"}:"
	return names{
		log:        log + "log",
		meta:       log + "m",
		marks:      log + "t",
		transients: log + "x",
		questions:  log + "q",
		inboxes:    log + "r:",
		inbox:      log + "r:" + id,
		used:       log + "k:",
		hub:        hubs + "hub:",
		hubs:       hubs + "hubs",
	}
}

// usedKey returns where the use of an idempotency key is noted. The hash bounds
// its length and keeps what the publisher chose out of the server's key space.
func (n *names) usedKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return n.used + base64.RawURLEncoding.EncodeToString(sum[:16])
}
