package main

import (
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// spareDescriptors is how many descriptors are kept for what is not a stream:
// listeners, POSTs, the engine, and connections that are being answered.
const spareDescriptors = 512

// claimResources sets what the process may use of the machine before anything
// is started, and returns how many streams the descriptors allow.
func claimResources(s *settings, gcOrigin origin, log *slog.Logger) (streams int) {
	if gcOrigin != fromDefault {
		debug.SetGCPercent(s.GCPercent)
	}
	if limit, ok := memoryLimit(os.DirFS("/")); ok && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	soft, hard, err := raiseNoFile()
	if err != nil {
		log.Warn("cannot use all descriptors", "err", err)
	}
	memory := debug.SetMemoryLimit(-1)
	if memory == math.MaxInt64 {
		memory = 0 // no limit
	}
	log.Info("resources", "nofile", soft, "nofile_hard", hard, "memory_limit_bytes", memory, "gomaxprocs", runtime.GOMAXPROCS(0))
	streams = streamsFor(soft)
	if s.MaxConnections > streams {
		log.Warn("max-connections is more than the descriptors allow", "max_connections", s.MaxConnections,
			"nofile", soft, "reserved", spareDescriptors)
	}
	return streams
}

// streamsFor returns how many streams so many descriptors allow.
func streamsFor(descriptors uint64) int {
	if descriptors > math.MaxInt32 {
		return math.MaxInt32
	}
	return max(int(descriptors)-spareDescriptors, int(descriptors/2))
}
