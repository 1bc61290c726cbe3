package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

// leastMajor is the oldest major version that has what the log needs: ids that
// count by themselves (0-*) and sharded channels.
const leastMajor = 7

// errVersion is wrapped by the error of Open for a server that is too old.
var errVersion = errors.New("server is too old")

// server is what the hub wants to know of a server from INFO.
type server struct {
	name    string // "redis" or "valkey"
	version string
	evicts  string // the policy by which the server may drop keys, "" if it never does
}

// parseInfo reads the lines of INFO. Valkey says 7.2 for its redis_version,
// whatever its own is.
func parseInfo(info string) server {
	s := server{name: "redis"}
	limit, policy := "", ""
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch key {
		case "redis_version":
			if s.version == "" {
				s.version = value
			}
		case "valkey_version":
			s.name, s.version = "valkey", value
		case "maxmemory":
			limit = value
		case "maxmemory_policy":
			policy = value
		}
	}
	if limit != "" && limit != "0" && policy != "noeviction" {
		s.evicts = policy
	}
	return s
}

// check fails for a server that is too old, or does not say how old it is.
func (s server) check() error {
	major, _, _ := strings.Cut(s.version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return fmt.Errorf("%w: it tells no version", errVersion)
	}
	if n < leastMajor {
		return fmt.Errorf("%w: %s %s, want %d.0 or later", errVersion, s.name, s.version, leastMajor)
	}
	return nil
}

// checkServers asks every node that the client knows. Some nodes of a Cluster may
// be down, but not all.
func checkServers(ctx context.Context, client rueidis.Client, log *slog.Logger) error {
	answered, failure := false, error(nil)
	for address, node := range client.Nodes() {
		info, err := node.Do(ctx, node.B().Info().Build()).ToString()
		if err != nil {
			failure = fmt.Errorf("ask %s for its version: %w", address, err)
			log.Warn("redis server does not tell its version", "address", address, "err", err)
			continue
		}
		answered = true
		s := parseInfo(info)
		if err := s.check(); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		log.Info("redis server found", "address", address, "server", s.name, "version", s.version)
		if s.evicts != "" {
			log.Warn("redis server may evict the log; set maxmemory-policy noeviction", "address", address, "policy", s.evicts)
		}
	}
	if !answered {
		return failure
	}
	return nil
}
