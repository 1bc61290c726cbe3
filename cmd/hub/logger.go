package main

import (
	"fmt"
	"io"
	"log/slog"
)

// newLogger returns the log of the process, whose level may be changed.
func newLogger(w io.Writer, level, format string) (*slog.Logger, *slog.LevelVar, error) {
	least := new(slog.LevelVar)
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, nil, fmt.Errorf("--log-level: %w", err)
	}
	opts := &slog.HandlerOptions{Level: least}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, opts)), least, nil
	}
	return slog.New(slog.NewJSONHandler(w, opts)), least, nil
}
