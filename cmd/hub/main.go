// Command hub serves Server-Sent Events to very many connections and takes
// messages for them over HTTP. "hub serve" runs a hub; the other subcommands
// mint tokens, send, follow a stream and ask a running hub how it is.
//
// Settings come from flags, HUB_* variables, a YAML file and defaults, in that
// order. This package reads them, builds the parts and ties them together; it
// is the only one that knows all of them.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
