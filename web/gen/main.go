package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// output is the generated file, relative to the module's root.
const output = "web/client/src/events.ts"

var errStale = errors.New("stale: run go run ./web/gen")

func main() {
	check := flag.Bool("check", false, "write nothing, fail if the file is stale")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	text, err := generate(root)
	if err != nil {
		return err
	}
	path := filepath.Join(root, output)
	if !check {
		return os.WriteFile(path, text, 0o644) //nolint:gosec // a source file, read by everyone
	}
	have, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, text) {
		return fmt.Errorf("%s: %w", output, errStale)
	}
	return nil
}

// moduleRoot returns the directory of go.mod.
func moduleRoot() (string, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find module: %w", err)
	}
	path := strings.TrimSpace(string(mod))
	if path == "" || path == os.DevNull {
		return "", errors.New("find module: not inside of one")
	}
	return filepath.Dir(path), nil
}
