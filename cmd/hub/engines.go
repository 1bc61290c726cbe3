package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"example.org/hub/engine"
	"example.org/hub/engine/memory"
	"example.org/hub/engine/nats"
	"example.org/hub/engine/redis"
)

// engineSettings say where the log is. Most of them are for one kind of engine;
// checkEngine refuses those that do not belong to the one that was chosen.
type engineSettings struct {
	Engine        string        `group:"Log:" default:"memory" help:"Where the log is: memory; nats for NATS inside this process; nats://HOST[,nats://HOST..] or tls://..; redis://HOST or rediss://HOST."`
	DataDir       string        `group:"Log:" placeholder:"DIR" help:"Where NATS inside this process keeps the log; without it, in memory."`
	Namespace     string        `group:"Log:" default:"hub" help:"Keeps clusters of hubs apart that share servers."`
	RetainAge     time.Duration `group:"Log:" default:"0" help:"How long the engine keeps events; 0 for its default. The memory engine keeps what the window does."`
	RetainRecords int           `group:"Log:" default:"0" help:"How many events the engine keeps; 0 for its default."`
	RetainBytes   byteSize      `group:"Log:" default:"0" help:"How much of the log the engine keeps; 0 for its default."`

	EngineUser            string `group:"Log:" placeholder:"NAME" help:"User at the engine's servers."`
	EnginePasswordFile    string `group:"Log:" placeholder:"FILE" help:"Password at the engine's servers."`
	EngineTokenFile       string `group:"Log:" placeholder:"FILE" help:"Token at NATS servers."`
	EngineCredentialsFile string `group:"Log:" placeholder:"FILE" help:"NATS credentials: a user's JWT and seed."`
	EngineCA              string `name:"engine-ca" group:"Log:" placeholder:"FILE" help:"Certificates that the engine's servers are checked with."`
	EngineCert            string `group:"Log:" placeholder:"FILE" help:"Own certificate for the engine's servers, and of NATS inside this process."`
	EngineKey             string `group:"Log:" placeholder:"FILE" help:"Key of --engine-cert."`
	EngineReplicas        int    `group:"Log:" default:"0" help:"NATS servers that hold each event: 1, 3 or 5; 0 for the usual number."`
	EngineSyncAlways      bool   `group:"Log:" help:"NATS inside this process acknowledges only what is on the disk."`
	EngineListen          string `group:"Log:" placeholder:"ADDR" help:"Where NATS inside this process takes further hubs, which show the cluster secret as token."`

	ClusterListen     string   `group:"Log:" placeholder:"ADDR" help:"Where NATS inside this process listens for the other members."`
	ClusterPeers      []string `group:"Log:" placeholder:"ADDR" help:"Addresses of all 3 or 5 members, this one included; repeatable."`
	ClusterSecretFile string   `group:"Log:" placeholder:"FILE" help:"What members show each other, at least 16 bytes."`
	ClusterPlain      bool     `group:"Log:" help:"Allow members to talk without TLS beyond loopback, on a network that is encrypted by other means."`
}

// sharedLog is what an engine is to a hub: the log, and the way to other hubs.
type sharedLog interface {
	engine.Engine
	engine.Cluster
}

// engineKind returns memory, nats, redis, or "" for anything else.
func (s *engineSettings) engineKind() string {
	scheme, _, _ := strings.Cut(s.Engine, ":")
	switch scheme {
	case "memory", "nats", "redis":
		return scheme
	case "tls":
		return "nats"
	case "rediss":
		return "redis"
	}
	return ""
}

// embedded reports whether NATS runs inside this process.
func (s *engineSettings) embedded() bool { return s.Engine == "nats" }

func (s *engineSettings) checkEngine() error {
	kind := s.engineKind()
	if kind == "" || (kind == "memory" && s.Engine != "memory") {
		return fmt.Errorf("--engine %s: want memory, nats, nats://HOST or redis://HOST", redact(s.Engine))
	}
	remote := kind != "memory"
	var errs []error
	for _, f := range []struct {
		name  string
		given bool
		fits  bool
		goes  string
	}{
		{"data-dir", s.DataDir != "", s.embedded(), "--engine nats"},
		{"engine-listen", s.EngineListen != "", s.embedded(), "--engine nats"},
		{"engine-sync-always", s.EngineSyncAlways, s.embedded(), "--engine nats"},
		{"cluster-listen", s.ClusterListen != "", s.embedded(), "--engine nats"},
		{"cluster-peers", len(s.ClusterPeers) > 0, s.embedded(), "--engine nats"},
		{"cluster-secret-file", s.ClusterSecretFile != "", s.embedded(), "--engine nats"},
		{"engine-replicas", s.EngineReplicas != 0, kind == "nats", "NATS"},
		{"engine-token-file", s.EngineTokenFile != "", kind == "nats", "NATS"},
		{"engine-credentials-file", s.EngineCredentialsFile != "", kind == "nats", "NATS"},
		{"engine-user", s.EngineUser != "", remote, "NATS or Redis"},
		{"engine-password-file", s.EnginePasswordFile != "", remote, "NATS or Redis"},
		{"engine-ca", s.EngineCA != "", remote, "NATS or Redis"},
		{"retain-age", s.RetainAge != 0, remote, "NATS or Redis; the memory engine keeps what the window does"},
		{"retain-records", s.RetainRecords != 0, remote, "NATS or Redis; the memory engine keeps what the window does"},
		{"retain-bytes", s.RetainBytes != 0, remote, "NATS or Redis; the memory engine keeps what the window does"},
	} {
		if f.given && !f.fits {
			errs = append(errs, fmt.Errorf("--%s: goes with %s, not with --engine %s", f.name, f.goes, redact(s.Engine)))
		}
	}
	return errors.Join(errs...)
}

// openEngine opens the log that the settings name.
func (s *settings) openEngine(ctx context.Context, log *slog.Logger) (sharedLog, error) {
	switch s.engineKind() {
	case "nats":
		e, err := nats.Open(ctx, s.natsConfig(), log)
		if errors.Is(err, nats.ErrConfig) {
			return nil, configError{err}
		}
		return opened(e, err)
	case "redis":
		return opened(redis.Open(ctx, s.redisConfig(), log))
	}
	return memory.New(memory.Config{MaxAge: s.WindowAge, MaxRecords: s.WindowEvents, MaxBytes: int64(s.WindowBytes)}), nil
}

// opened keeps a nil pointer from becoming an engine that is not nil.
func opened[E sharedLog](e E, err error) (sharedLog, error) {
	if err != nil {
		return nil, fmt.Errorf("open engine: %w", err)
	}
	return e, nil
}

func (s *settings) natsConfig() nats.Config {
	cfg := nats.DefaultConfig()
	cfg.Namespace = s.Namespace
	if !s.embedded() {
		cfg.URLs = strings.Split(s.Engine, ",")
	}
	cfg.DataDir = s.DataDir
	cfg.User, cfg.PasswordFile = s.EngineUser, s.EnginePasswordFile
	cfg.TokenFile, cfg.CredentialsFile = s.EngineTokenFile, s.EngineCredentialsFile
	cfg.TLS = nats.TLS{CAFile: s.EngineCA, CertFile: s.EngineCert, KeyFile: s.EngineKey}
	cfg.Replicas = s.EngineReplicas
	cfg.SyncAlways = s.EngineSyncAlways
	cfg.ServerName = s.Instance
	cfg.ClientListen = s.EngineListen
	cfg.ClusterName = s.Namespace
	cfg.ClusterListen, cfg.ClusterPeers = s.ClusterListen, s.ClusterPeers
	cfg.ClusterSecretFile = s.ClusterSecretFile
	cfg.PlainCluster = s.ClusterPlain
	cfg.MaxAge = max(s.RetainAge, s.WindowAge)
	cfg.MaxRecords = int64(s.RetainRecords)
	cfg.MaxBytes = int64(s.RetainBytes)
	return cfg
}

func (s *settings) redisConfig() redis.Config {
	cfg := redis.DefaultConfig()
	cfg.URL = s.Engine
	cfg.Namespace = s.Namespace
	cfg.Username, cfg.PasswordFile = s.EngineUser, s.EnginePasswordFile
	cfg.CAFile, cfg.CertFile, cfg.KeyFile = s.EngineCA, s.EngineCert, s.EngineKey
	cfg.MaxAge = max(s.RetainAge, s.WindowAge)
	cfg.MaxRecords = s.RetainRecords
	cfg.MaxBytes = int64(s.RetainBytes)
	return cfg
}
