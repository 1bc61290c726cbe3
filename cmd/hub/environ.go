package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// variablePrefix begins the name of every environment variable of the hub.
const variablePrefix = "HUB_"

// apiKeyVariable holds the key itself for the commands that call a hub. It has
// no flag because the arguments of a process are readable by others.
const apiKeyVariable = "HUB_API_KEY"

// hubVariables returns the HUB_* variables that hold something. An empty one
// counts as not set: that is how compose files pass on what is missing.
func hubVariables(environ []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, variablePrefix) && value != "" && !serviceLink(name, value) {
			vars[name] = value
		}
	}
	return vars
}

var serviceLinkName = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

// serviceLink reports whether Kubernetes put the variable there: it gives every
// pod such names for each Service, and one may well be called hub or hub-internal.
func serviceLink(name, value string) bool {
	return serviceLinkName.MatchString(name) ||
		(strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://"))
}

// checkVariables refuses a HUB_* variable that no subcommand has a flag for.
func checkVariables(vars map[string]string, app *kong.Application) error {
	known := map[string]bool{apiKeyVariable: true}
	for _, command := range app.Children {
		for _, flag := range command.Flags {
			if hasVariable(flag.Value) {
				known[variable(flag.Name)] = true
			}
		}
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if unknown != nil {
		return fmt.Errorf("unknown environment variable %s: \"hub serve --help\" lists them", strings.Join(unknown, ", "))
	}
	return nil
}
