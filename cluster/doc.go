// Package cluster makes one hub a member of many: it keeps the hub's lease,
// answers what other hubs ask, and gathers the answers of all of them. The log
// itself needs none of this: a hub that is alone, or cut off from the others,
// delivers all the same.
package cluster
