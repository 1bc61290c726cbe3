package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errNoProcess is returned for a port that no visible process listens on.
var errNoProcess = errors.New("no process listens there that we may look at; give its pid")

// pidOfPort finds the process that listens on a TCP port of this machine.
func pidOfPort(port uint16) (int, error) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for _, inode := range listeners(text, port) {
			if pid, ok := pidOfSocket(inode); ok {
				return pid, nil
			}
		}
	}
	return 0, fmt.Errorf("port %d: %w", port, errNoProcess)
}

// listeners returns the inodes of the listening sockets of a port in a table as
// /proc/net/tcp has it.
func listeners(table []byte, port uint16) (inodes []string) {
	const listen = "0A"
	want := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) > 9 && f[3] == listen && strings.HasSuffix(f[1], want) {
			inodes = append(inodes, f[9])
		}
	}
	return inodes
}

// pidOfSocket finds who holds a socket.
func pidOfSocket(inode string) (int, bool) {
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && to == "socket:["+inode+"]" {
			pid, err := strconv.Atoi(strings.Split(fd, "/")[2])
			return pid, err == nil
		}
	}
	return 0, false
}
