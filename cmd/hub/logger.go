package main

import (
	"fmt"
	"io"
	"log/slog"
)

// processLog is the log of the process, whose level may change.
type processLog struct {
	*slog.Logger
	level *slog.LevelVar
}

func newLogger(w io.Writer, level, format string) (processLog, error) {
	log := processLog{level: new(slog.LevelVar)}
	if err := log.level.UnmarshalText([]byte(level)); err != nil {
		return log, fmt.Errorf("--log-level: %w", err)
	}
	opts := &slog.HandlerOptions{Level: log.level}
	if format == "text" {
		log.Logger = slog.New(slog.NewTextHandler(w, opts))
	} else {
		log.Logger = slog.New(slog.NewJSONHandler(w, opts))
	}
	return log, nil
}
