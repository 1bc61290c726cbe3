// Package webhook tells a service when users come online and go offline, by
// signed POSTs from one hub of the cluster.
//
// Every hub keeps a journal of the users that came to it and left. Once a second
// every hub asks all others for what is new in theirs, so that each knows the
// presence of the whole cluster and, after the debounce, comes to the same
// decisions. Only the hub whose name comes first sends them. The others keep what
// they decided until the first has said, in its journal, that it has told it, and
// send it themselves when it is gone: a hub that dies takes at most what it had
// queued along, and what it told in its last second is told again.
package webhook
