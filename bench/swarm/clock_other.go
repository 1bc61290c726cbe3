//go:build !linux

package swarm

// kernelClock is for other processes, of which there are none without epoll.
func kernelClock() int64 { return 0 }
