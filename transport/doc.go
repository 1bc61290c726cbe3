// Package transport is HTTP in and out of the hub: the two listeners, who may
// do what on them, and the streams. fasthttp lives only here.
//
// The public listener serves browsers and other readers: streams, tickets and
// probes. The internal one serves services and operators: messages, presence,
// control, metrics. routes.go is the table of both.
//
// A request passes the same stations every time (dispatch.go): strict framing,
// the Host and Origin rules, the route, the limits, the credentials, and then
// its handler. Every error a handler returns becomes an answer in errors.go.
// A stream leaves fasthttp in subscribe.go and belongs to its connection actor
// from then on.
package transport
