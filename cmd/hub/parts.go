package main

import (
	"log/slog"

	"github.com/VictoriaMetrics/metrics"

	"example.org/hub/actors"
	"example.org/hub/engine"
	"example.org/hub/history"
	"example.org/hub/transport"
)

func (s *settings) historyConfig() history.Config {
	return history.Config{
		MaxAge: s.WindowAge, MaxEvents: s.WindowEvents, MaxBytes: int64(s.WindowBytes), MaxReplay: s.MaxReplay,
	}
}

// slowPolicies are the values of --slow-consumer.
var slowPolicies = map[string]engine.SlowPolicy{
	"conflate":   engine.SlowConflate,
	"gap":        engine.SlowGap,
	"disconnect": engine.SlowDisconnect,
}

func (s *settings) actorsConfig(window *history.Window, set *metrics.Set, log *slog.Logger) actors.Config {
	cfg := actors.DefaultConfig()
	cfg.Instance = s.Instance
	cfg.Window = window
	cfg.Heartbeat = s.Heartbeat
	cfg.MaxAge = s.MaxConnectionAge
	cfg.WriteTimeout = s.WriteTimeout
	cfg.SlowPolicy = slowPolicies[s.SlowConsumer]
	cfg.MaxQueueBytes = int(s.MaxQueueBytes)
	cfg.MaxPerUser = s.MaxConnectionsPerUser
	cfg.RetryMin = s.RetryMin
	cfg.RetryMax = s.RetryMax
	cfg.Log = log
	cfg.Metrics = set
	return cfg
}

func (s *settings) transportConfig(streams int) transport.Config {
	cfg := transport.DefaultConfig()
	cfg.Instance = s.Instance
	cfg.MaxBody = int(s.MaxBody)
	cfg.MaxData = int(s.MaxData)
	cfg.MaxBatch = s.MaxBatch
	cfg.MaxConnections = streams
	if s.MaxConnections > 0 {
		cfg.MaxConnections = s.MaxConnections
	}
	cfg.MaxPerAddress = s.MaxConnectionsPerIP
	cfg.ConnectRate = float64(s.ConnectRate)
	cfg.PublishRate = float64(s.PublishRate)
	cfg.PublishBurst = s.PublishBurst
	cfg.PublishBytes = float64(s.PublishBytes)
	cfg.RetryMin = s.RetryMin
	cfg.RetryMax = s.RetryMax
	cfg.SendBuffer = int(s.SendBuffer)
	cfg.Compress = s.Compress
	cfg.TraceEvents = s.TraceEvents
	cfg.AllowedOrigins = s.CORSOrigin
	cfg.AllowLocalhostOrigins = s.Dev
	trustProxies(&cfg, s.TrustedProxy)
	cfg.InternalHosts = s.InternalHost
	cfg.Pprof = s.Pprof
	cfg.Mercure = s.Mercure
	cfg.MercureAnonymous = s.MercureAnonymous
	return cfg
}

// streamSockets returns the options of the public listener's sockets.
func (s *settings) streamSockets() transport.ListenConfig {
	cfg := transport.DefaultListenConfig()
	cfg.SendBuffer = int(s.SendBuffer)
	cfg.NotSentLowat = int(s.SendBuffer)
	cfg.UserTimeout = 2 * s.Heartbeat // one heartbeat may be lost on the way
	return cfg
}
