package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

var errFile = errors.New("not a settings file")

// fileValue is what a settings file says for one key.
type fileValue struct {
	values []string
	list   bool
	line   int
}

// text returns the value as the flag's own parser reads it.
func (v fileValue) text(flag *kong.Flag) (string, error) {
	if !flag.IsSlice() {
		if v.list {
			return "", errList
		}
		return v.values[0], nil
	}
	return kong.JoinEscaped(v.values, flag.Tag.Sep), nil
}

// readFile reads a YAML file of settings: one flat mapping from the flags'
// names to scalars, or to lists of scalars for the repeatable ones. Unknown and
// repeated keys, keys without a value and a second document are errors.
func readFile(path string, known map[string]bool) (map[string]fileValue, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	values, err := parseFile(text, known)
	if err != nil {
		return nil, fmt.Errorf("read settings: %s: %w", path, err)
	}
	return values, nil
}

func parseFile(text []byte, known map[string]bool) (map[string]fileValue, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil // nothing but comments
	} else if err != nil {
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it has a second document", errFile)
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%w: want \"name: value\" lines", errFile)
	}
	values := map[string]fileValue{}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if !known[key.Value] {
			return nil, fmt.Errorf("line %d: unknown key %q", key.Line, key.Value)
		}
		if _, ok := values[key.Value]; ok {
			return nil, fmt.Errorf("line %d: key %q is there twice", key.Line, key.Value)
		}
		v, err := readValue(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: key %q: %w", key.Line, key.Value, err)
		}
		values[key.Value] = v
	}
	return values, nil
}

func readValue(n *yaml.Node) (fileValue, error) {
	v := fileValue{line: n.Line}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		v.list, items = true, n.Content
	}
	for _, item := range items {
		if item.Kind != yaml.ScalarNode {
			return v, fmt.Errorf("%w: want a value or a list of values", errFile)
		}
		if item.Tag == "!!null" {
			return v, fmt.Errorf("%w: no value", errFile)
		}
		v.values = append(v.values, item.Value)
	}
	return v, nil
}
