package main

import (
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

type configCmd struct {
	settings
	Check bool `setting:"-" help:"Print nothing but what is wrong, keys' files included."`
}

// Run prints the settings as a file that --config takes, each with its origin,
// and then refuses what serve would refuse.
func (c *configCmd) Run(p *program, parsed *kong.Context) error {
	c.applyDev(p.sources)
	if !c.Check {
		if err := printSettings(p.stdout, parsed.Selected().Flags, p.sources); err != nil {
			return err
		}
	}
	if err := c.check(); err != nil {
		return configError{err}
	}
	if c.Check {
		fmt.Fprintln(p.stdout, "ok")
	}
	return nil
}

func printSettings(w io.Writer, flags []*kong.Flag, src *sources) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, flag := range flags {
		if !hasVariable(flag.Value) {
			continue
		}
		text, err := settingText(flag.Target.Interface())
		if err != nil {
			return fmt.Errorf("print %s: %w", flag.Name, err)
		}
		comment := ""
		if flag.Name == "config" {
			comment = "# " // a file cannot name another
		}
		fmt.Fprintf(table, "%s%s: %s\t# %s\n", comment, flag.Name, text, src.origin(flag.Name))
	}
	return table.Flush()
}

// settingText returns a value in YAML. There are no secrets among the settings,
// only the paths of files that hold them, but a URL may carry a password.
func settingText(value any) (string, error) {
	switch v := value.(type) {
	case time.Duration:
		return shortDuration(v), nil
	case byteSize:
		return v.String(), nil
	case []netip.Prefix:
		texts := make([]string, len(v))
		for i, prefix := range v {
			texts[i] = prefix.String()
		}
		return settingText(texts)
	case []trustedProxy:
		texts := make([]string, len(v))
		for i, proxy := range v {
			texts[i] = proxy.String()
		}
		return settingText(texts)
	case string:
		value = redact(v)
	}
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return "", err
	}
	node.Style = yaml.FlowStyle
	out, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(out)), err
}

// redact replaces the password in the text of a URL.
func redact(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

// shortDuration leaves out the zeros that Duration.String puts at the end.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
