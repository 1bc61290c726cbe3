package transport

import (
	"net"
	"sync"

	"github.com/valyala/fasthttp"
)

// handovers are the streams on their way from their request to the hijack
// handler. If fasthttp fails to write an earlier, pipelined answer, it closes
// the connection without calling the handler; the place of the stream must be
// given back then too, or a client could use up all of them.
type handovers struct {
	undo sync.Map // net.Conn → func()
}

func (h *handovers) begin(conn net.Conn, undo func()) { h.undo.Store(conn, undo) }

// finish says that the hijack handler has the connection.
func (h *handovers) finish(conn net.Conn) { h.undo.Delete(conn) }

// connState is told by fasthttp what becomes of a connection.
func (h *handovers) connState(conn net.Conn, state fasthttp.ConnState) {
	if state != fasthttp.StateClosed {
		return
	}
	if undo, ok := h.undo.LoadAndDelete(conn); ok {
		undo.(func())()
	}
}
