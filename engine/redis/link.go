package redis

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"example.org/hub/engine"
)

// blockFor is how long the server holds a read that finds nothing.
const blockFor = time.Second

// errForeign means that something in the stream was not written by a hub.
var errForeign = errors.New("the stream holds what no hub wrote")

// link is a connection that serves one tail alone.
type link struct {
	e     *Engine
	conn  rueidis.DedicatedClient
	close func() // may be called again; ends a read that waits
}

// openLink takes a connection, which closes when ctx ends. Whether it works is
// known after the first command.
func openLink(ctx context.Context, e *Engine) *link {
	conn, _ := e.client.Dedicate() // never given back: another user would not expect its server
	end := sync.OnceFunc(conn.Close)
	stop := context.AfterFunc(ctx, end)
	return &link{e: e, conn: conn, close: func() {
		stop()
		end()
	}}
}

// state returns the log's bounds as this connection shows them.
func (l *link) state(ctx context.Context) (engine.Bounds, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return l.e.state(ctx, l.conn, l.e.witness.now(), false)
}

// discard has the server make a new log, because this one has lost the record that
// is known.
func (l *link) discard(ctx context.Context, known testimony) (engine.Bounds, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return l.e.state(ctx, l.conn, known, true)
}

// verify reports whether the log still has the record that the hub knows. One
// that was dropped in the meantime is not missed.
func (l *link) verify(ctx context.Context, known testimony) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id := "0-" + strconv.FormatUint(known.seq, 10)
	found, err := l.conn.Do(ctx, l.conn.B().Xrange().Key(l.e.names.log).Start(id).End(id).Build()).ToArray()
	if err != nil || len(found) == 0 {
		return true, err
	}
	there, err := parseEntry(&found[0])
	if err != nil {
		return false, err
	}
	return there.epoch == known.epoch && l.e.witness.recognises(known, there.record), nil
}

// read waits for up to count entries after a place, for blockFor at most. A
// server that does not answer for longer is an error.
func (l *link) read(ctx context.Context, after uint64, count int) ([]rueidis.RedisMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, blockFor+patience)
	defer cancel()
	cmd := l.conn.B().Xread().Count(int64(count)).Block(blockFor.Milliseconds()).
		Streams().Key(l.e.names.log).Id("0-" + strconv.FormatUint(after, 10)).Build()
	res := l.conn.Do(ctx, cmd)
	streams, err := res.ToMap()
	if rueidis.IsRedisNil(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries := streams[l.e.names.log]
	return entries.ToArray()
}

func parseSeq(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

// boundsNow asks over the shared connections and tells nobody of a new epoch.
func (e *Engine) boundsNow(ctx context.Context) (engine.Bounds, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.state(ctx, e.client, e.witness.now(), false)
}
