// Package webhook tells a service when users come online and go offline, by
// signed POSTs from one hub of the cluster.
//
// Every hub keeps a journal of the users that came to it and left. Once a second
// every hub asks all others for what is new in theirs, so that each knows the
// presence of the whole cluster and, after the debounce, comes to the same
// decisions. Of the hubs that were there when a user's turn settled, the one whose
// name comes first posts it. It says in its journal what the service has taken; the
// others keep what they decided until then, and the next one posts it when the first
// is gone. So nothing is lost with a hub that dies, also if it waited for a service
// that was down; and what was taken in a hub's last second is told again.
//
// A hub that comes leaves what had settled before to those that were there. One that
// lost its lease and is back counts as one that comes: in between, others told that
// its users were gone.
package webhook
