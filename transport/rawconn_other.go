//go:build !linux

package transport

import "net"

// newRawConn returns conn: raw system calls are for Linux.
func newRawConn(conn net.Conn) net.Conn { return conn }
