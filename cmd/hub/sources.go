package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// origin says where the value of a setting comes from.
type origin string

const (
	fromDefault origin = "default"
	fromFile    origin = "file"
	fromEnv     origin = "env"
	fromFlag    origin = "flag"
)

// sources finds values for the flags that the command line leaves out: first
// in the environment, then in the file that --config names. The names
// correspond mechanically: --window-age, HUB_WINDOW_AGE, window-age.
type sources struct {
	env     map[string]string // HUB_* variables that are not empty
	file    map[string]fileValue
	read    bool // the file was looked for, and the variables checked
	origins map[string]origin
}

func newSources(environ []string) *sources {
	return &sources{env: hubVariables(environ), origins: map[string]origin{}}
}

// Validate does nothing: unknown keys are found in Resolve, which knows the command.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve returns the text for a flag that is not on the command line, or nil.
func (s *sources) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !hasVariable(flag.Value) {
		return nil, nil
	}
	if !s.read {
		s.read = true
		if err := s.readAll(ctx); err != nil {
			return nil, err
		}
	}
	if text, ok := s.env[variable(flag.Name)]; ok {
		s.origins[flag.Name] = fromEnv
		return text, nil
	}
	if v, ok := s.file[flag.Name]; ok {
		s.origins[flag.Name] = fromFile
		return v.text(flag)
	}
	return nil, nil
}

// readAll refuses variables that no command knows and, for a command that has
// --config, loads the file.
func (s *sources) readAll(ctx *kong.Context) error {
	if err := checkVariables(s.env, ctx.Model); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, flag := range ctx.Selected().Flags {
		known[flag.Name] = flag.Name != "config" && hasVariable(flag.Value)
	}
	if _, ok := known["config"]; !ok {
		return nil
	}
	path := s.env[variable("config")]
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == "config" {
			path, _ = ctx.FlagValue(p.Flag).(string)
		}
	}
	if path == "" {
		return nil
	}
	var err error
	s.file, err = readFile(path, known)
	return err
}

// noteFlags records which settings the command line set.
func (s *sources) noteFlags(ctx *kong.Context) {
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved {
			s.origins[p.Flag.Name] = fromFlag
		}
	}
}

// origin returns where the setting's value comes from.
func (s *sources) origin(name string) origin {
	if o, ok := s.origins[name]; ok {
		return o
	}
	return fromDefault
}

var flagInError = regexp.MustCompile(`^--([a-z-]+)`)

// explain adds to a complaint about a flag where its value was really read.
func (s *sources) explain(err error) error {
	m := flagInError.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	switch s.origin(m[1]) {
	case fromEnv:
		return fmt.Errorf("%w (from %s)", err, variable(m[1]))
	case fromFile:
		return fmt.Errorf("%w (from line %d of the file)", err, s.file[m[1]].line)
	default:
		return err
	}
}

// variable returns the name of the environment variable of a flag.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable reports whether a flag is a setting: only switches of one call
// such as --help and --check are not.
func hasVariable(v *kong.Value) bool {
	return v.Name != "help" && v.Tag.Get("setting") != "-"
}

// helpWithVariable ends the help of a flag with its variable.
func helpWithVariable(v *kong.Value) string {
	if v.Flag == nil || !hasVariable(v) {
		return v.Help
	}
	return fmt.Sprintf("%s ($%s).", strings.TrimSuffix(v.Help, "."), variable(v.Name))
}

var errList = errors.New("takes one value, not a list")
