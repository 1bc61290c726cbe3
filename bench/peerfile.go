package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// peerFiles are the target files that come with the suite.
//
//go:embed targets/*.yaml
var peerFiles embed.FS

// peerFile says how a server that is not ours is started, subscribed to and
// published to. The README describes each field.
type peerFile struct {
	Name   string            `yaml:"name"`
	Notes  string            `yaml:"notes"`
	Rounds int               `yaml:"rounds"` // it runs in so many rounds, the first ones; 0 for all
	Most   int               `yaml:"most"`   // streams that it is given, if it fails with more; 0 for no such limit
	Files  map[string]string `yaml:"files"`  // written into [[dir]] before the start
	Start  []peerProcess     `yaml:"start"`
	Ready  peerReady         `yaml:"ready"`
	Token  peerToken         `yaml:"token"`

	Subscribe peerSubscribe `yaml:"subscribe"`
	Publish   peerPublish   `yaml:"publish"`
}

// peerProcess is a command with what it starts in its turn.
type peerProcess struct {
	Command   []string          `yaml:"command"`
	Env       map[string]string `yaml:"env"`
	Uncounted bool              `yaml:"uncounted"` // not the server, but what it asks: its CPU and memory are left out
}

// peerReady is asked until it answers 2xx.
type peerReady struct {
	Port string `yaml:"port"`
	Path string `yaml:"path"`

	// Pause is for a server of several processes that find one another only after
	// the first of them answers.
	Pause time.Duration `yaml:"pause"`
}

// peerToken is for servers that check one: HS256 with the run's [[secret]].
type peerToken struct {
	Claims string `yaml:"claims"` // beyond those of a user, each with a comma before it
}

// peerChannels name what a stream or a message is for: [[n]] is the number of
// the user or the topic.
type peerChannels struct {
	All   string `yaml:"all"`
	User  string `yaml:"user"`
	Topic string `yaml:"topic"`
}

type peerSubscribe struct {
	Port     string            `yaml:"port"`
	Path     string            `yaml:"path"`
	Headers  map[string]string `yaml:"headers"`
	Channels peerChannels      `yaml:"channels"`
	Silent   bool              `yaml:"silent"` // no first event: a stream is open when its head is there

	// Concurrency caps how many streams are opened at once, for a server that
	// refuses some of more.
	Concurrency int `yaml:"concurrency"`
}

type peerPublish struct {
	Port     string            `yaml:"port"`
	Method   string            `yaml:"method"`
	Path     string            `yaml:"path"`
	Headers  map[string]string `yaml:"headers"`
	Body     string            `yaml:"body"`
	Claims   string            `yaml:"claims"` // of a [[token]] in the headers
	Channels peerChannels      `yaml:"channels"`
}

// loadPeer reads a target file: one that is shipped, by its name, or any by its path.
func loadPeer(name string) (*peerFile, error) {
	var text []byte
	var err error
	if strings.ContainsAny(name, "/.") {
		text, err = os.ReadFile(filepath.Clean(name))
	} else {
		text, err = peerFiles.ReadFile("targets/" + name + ".yaml")
	}
	if err != nil {
		return nil, fmt.Errorf("read target %s: %w", name, err)
	}
	f, err := parsePeer(text)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	return f, nil
}

// parsePeer reads a target file and checks that nothing needed is missing.
func parsePeer(text []byte) (*peerFile, error) {
	f := &peerFile{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(f); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	need := func(field, value string) error {
		if value == "" {
			return fmt.Errorf("%s: missing", field)
		}
		return nil
	}
	if len(f.Start) == 0 {
		return nil, errors.New("start: missing")
	}
	for _, p := range f.Start {
		if len(p.Command) == 0 {
			return nil, errors.New("start: command: missing")
		}
	}
	switch f.Name {
	case targetHub, targetFloor, targetPlain, "none":
		return nil, fmt.Errorf("name: %q is taken", f.Name)
	}
	return f, errors.Join(
		need("name", f.Name), need("ready.port", f.Ready.Port), need("ready.path", f.Ready.Path),
		need("subscribe.port", f.Subscribe.Port), need("subscribe.path", f.Subscribe.Path),
		need("publish.port", f.Publish.Port), need("publish.method", f.Publish.Method),
		need("publish.path", f.Publish.Path), need("publish.body", f.Publish.Body),
	)
}

// peerNamed finds the target file with a name among those asked for.
func (o *options) peerNamed(name string) (*peerFile, error) {
	for _, p := range o.Peers {
		f, err := loadPeer(p)
		if err != nil {
			return nil, err
		}
		if f.Name == name {
			return f, nil
		}
	}
	return nil, nil //nolint:nilnil // no peer: the name is a baseline's or the hub's
}
