package nats

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/hub/engine"
)

// cleanMark is a file beside an embedded store, there only while the store is
// closed and whole. It holds the position of the newest record. A store without
// it, or one that has not that record, was not stopped but broke off: it may have
// lost records whose positions clients know and that it will give to others.
type cleanMark struct {
	dir  string // "" for no store
	text string // what the file said when the store was opened
}

func (m *cleanMark) path() string { return filepath.Join(m.dir, "clean") }

// take reads the file and removes it.
func (m *cleanMark) take() error {
	if m.dir == "" {
		return nil
	}
	b, err := os.ReadFile(m.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read clean mark: %w", err)
	}
	m.text = strings.TrimSpace(string(b))
	if err := os.Remove(m.path()); err != nil {
		return fmt.Errorf("remove clean mark: %w", err)
	}
	return syncDir(m.dir)
}

// matches reports whether the store was stopped at this position.
func (m *cleanMark) matches(newest engine.Position) bool { return m.text == newest.String() }

// put writes the file, after the store was closed.
func (m *cleanMark) put(newest engine.Position) error {
	if m.dir == "" {
		return nil
	}
	f, err := os.OpenFile(m.path(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write clean mark: %w", err)
	}
	_, err = f.WriteString(newest.String() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write clean mark: %w", err)
	}
	return syncDir(m.dir)
}

// syncDir makes a change of the directory outlive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync data directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync data directory: %w", err)
	}
	return nil
}
