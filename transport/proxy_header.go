package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// ErrProxyHeader is wrapped by the errors about a PROXY protocol header.
var ErrProxyHeader = errors.New("PROXY protocol header")

const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n" // of version 2
	proxyPrefix    = "PROXY "                 // of version 1

	maxProxyLine = 107     // version 1, with CRLF (section 2.1)
	maxProxyRest = 2 << 10 // addresses and TLVs of version 2; cloud load balancers send about a hundred bytes
)

// readProxyHeader reads a header of version 1 or 2 of the PROXY protocol
// (haproxy.org/download/3.0/doc/proxy-protocol.txt) and not a byte more. It
// returns the client's address, or the zero value if the connection is the
// proxy's own (LOCAL) or of an unknown kind: then the socket's address counts.
func readProxyHeader(r io.Reader) (netip.AddrPort, error) {
	start := make([]byte, len(proxySignature), maxProxyLine)
	if _, err := io.ReadFull(r, start); err != nil {
		return netip.AddrPort{}, err //nolint:wrapcheck // io.EOF says that nothing came at all
	}
	switch {
	case string(start) == proxySignature:
		return readProxyV2(r)
	case bytes.HasPrefix(start, []byte(proxyPrefix)):
		return readProxyV1(r, start)
	}
	return netip.AddrPort{}, fmt.Errorf("%w: none", ErrProxyHeader)
}

// readProxyV1 reads the rest of the line byte by byte: what follows it belongs
// to somebody else.
func readProxyV1(r io.Reader, line []byte) (netip.AddrPort, error) {
	for line[len(line)-1] != '\n' {
		if len(line) == maxProxyLine {
			return netip.AddrPort{}, fmt.Errorf("%w: a line of more than %d bytes", ErrProxyHeader, maxProxyLine)
		}
		line = line[:len(line)+1]
		if _, err := io.ReadFull(r, line[len(line)-1:]); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%w: %w", ErrProxyHeader, err)
		}
	}
	text, ok := strings.CutSuffix(string(line[len(proxyPrefix):]), "\r\n")
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%w: the line does not end with CRLF", ErrProxyHeader)
	}
	if text == "UNKNOWN" || strings.HasPrefix(text, "UNKNOWN ") {
		return netip.AddrPort{}, nil
	}
	fields := strings.Split(text, " ")
	if len(fields) != 5 || (fields[0] != "TCP4" && fields[0] != "TCP6") {
		return netip.AddrPort{}, fmt.Errorf("%w: want TCP4, TCP6 or UNKNOWN, two addresses and two ports", ErrProxyHeader)
	}
	source, err1 := proxyAddr(fields[0], fields[1], fields[3])
	_, err2 := proxyAddr(fields[0], fields[2], fields[4])
	return source, errors.Join(err1, err2)
}

func proxyAddr(family, host, port string) (netip.AddrPort, error) {
	addr, err1 := netip.ParseAddr(host)
	number, err2 := strconv.ParseUint(port, 10, 16)
	if err1 != nil || err2 != nil || addr.Zone() != "" || addr.Is4() != (family == "TCP4") {
		return netip.AddrPort{}, fmt.Errorf("%w: not an address and port of %s", ErrProxyHeader, family)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}

// The bytes of version 2 that say what comes (section 2.2).
const (
	proxyLocal   = 0x20 // version 2, command LOCAL
	proxyProxied = 0x21 // version 2, command PROXY

	proxyUnspecified = 0x00
	proxyTCP4        = 0x11
	proxyTCP6        = 0x21
	proxyUnix        = 0x31
)

func readProxyV2(r io.Reader) (none netip.AddrPort, err error) {
	var head [4]byte // command, family, length
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return none, fmt.Errorf("%w: %w", ErrProxyHeader, err)
	}
	if head[0] != proxyLocal && head[0] != proxyProxied {
		return none, fmt.Errorf("%w: unknown version or command %#x", ErrProxyHeader, head[0])
	}
	length := int(binary.BigEndian.Uint16(head[2:]))
	if length > maxProxyRest {
		return none, fmt.Errorf("%w: %d bytes of addresses and TLVs, more than %d", ErrProxyHeader, length, maxProxyRest)
	}
	rest := make([]byte, length)
	if _, err := io.ReadFull(r, rest); err != nil {
		return none, fmt.Errorf("%w: %w", ErrProxyHeader, err)
	}
	if head[0] == proxyLocal {
		return none, nil
	}
	size := 0 // of an address
	switch head[1] {
	case proxyUnspecified, proxyUnix:
		return none, nil
	case proxyTCP4:
		size = 4
	case proxyTCP6:
		size = 16
	default:
		return none, fmt.Errorf("%w: unknown address family %#x", ErrProxyHeader, head[1])
	}
	if length < 2*(size+2) {
		return none, fmt.Errorf("%w: %d bytes are too short for its addresses", ErrProxyHeader, length)
	}
	addr, _ := netip.AddrFromSlice(rest[:size])
	return netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(rest[2*size:])), nil
}
