package main

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// beHub is set in the environment of the processes that tests start: this very
// binary, which is then the hub.
const beHub = "TEST_BE_HUB"

func TestMain(m *testing.M) {
	if os.Getenv(beHub) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	for _, kv := range os.Environ() { // what the developer has set is not part of the tests
		for name := range hubVariables([]string{kv}) {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m,
		// fasthttp starts this one once per process and never ends it.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// This one notices the end of its server when it wakes up next.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
