package transport

import (
	"log/slog"
	"strings"
)

// logLevels are the levels that there are, by their names in the query.
var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

type logLevelAnswer struct {
	Level string `json:"level"`
}

// showLogLevel serves GET /api/log-level.
func (s *Server) showLogLevel(c *call) error {
	if s.logLevel == nil {
		return errNotFound
	}
	return c.answerJSON(logLevelAnswer{strings.ToLower(s.logLevel.Level().String())})
}

// setLogLevel serves PUT /api/log-level?level=debug. It lasts until the next
// reload or restart.
func (s *Server) setLogLevel(c *call) error {
	if s.logLevel == nil {
		return errNotFound
	}
	level, ok := logLevels[string(c.rc.QueryArgs().Peek("level"))]
	if !ok {
		return invalid("invalid_level", "level", "want debug, info, warn or error")
	}
	s.log.Warn("log level changed", "level", level.String(), "by", c.caller.Name(), "request_id", c.requestID())
	s.logLevel.Set(level)
	return s.showLogLevel(c)
}
