package nats

import "github.com/nats-io/nats-server/v2/server"

// ServerStats are figures of the server inside this process.
type ServerStats struct {
	Routes        int    // other members that it is connected to
	SlowConsumers uint64 // connections that the server ended because they did not keep up
	Messages      uint64 // in the stream
	Bytes         uint64 // that they take
	LastSeq       uint64

	MetaLeader    bool // the cluster has a leader, without which it makes no stream and no consumer
	StreamLeader  bool // the stream has one, without which it takes no message
	StreamOffline int  // other members with a copy of the stream that are not there
}

// ServerStats returns the figures, or false if the server is elsewhere. A server that
// is no member of a cluster leads itself. A member that holds no copy of the stream
// knows nothing of it.
func (e *Engine) ServerStats() (st ServerStats, ok bool) {
	if e.server == nil {
		return st, false
	}
	st.Routes, st.SlowConsumers = e.server.NumRemotes(), uint64(e.server.NumSlowConsumers())
	st.MetaLeader, st.StreamLeader = !e.server.cluster, !e.server.cluster
	info, err := e.server.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	if err != nil { // it is stopping
		return st, true
	}
	if info.Meta != nil {
		st.MetaLeader = info.Meta.Leader != ""
	}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			if stream.Name == e.names.stream {
				st.add(&stream)
			}
		}
	}
	return st, true
}

func (st *ServerStats) add(stream *server.StreamDetail) {
	st.Messages, st.Bytes, st.LastSeq = stream.State.Msgs, stream.State.Bytes, stream.State.LastSeq
	if stream.Cluster == nil {
		return
	}
	st.StreamLeader = stream.Cluster.Leader != ""
	for _, replica := range stream.Cluster.Replicas {
		if replica.Offline {
			st.StreamOffline++
		}
	}
}
