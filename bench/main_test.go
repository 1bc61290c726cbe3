package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"example.org/hub/internal/hubtest"
)

// TestMain lets the test binary be a baseline, as the program itself can, the
// hub of hub_test.go, and the command compare.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "compare" {
		main()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		exit(serveStubHub(os.Args[2:]))
		return
	}
	if name := os.Getenv(serveEnv); name != "" {
		exit(serve(name, os.Stdout))
		return
	}
	hubtest.Main(m)
}

// parse reads a command line without running it.
func parse(t *testing.T, line string) (*cli, error) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Bind(&c.options))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(doubleDashes(strings.Fields(line)))
	return &c, err
}

func TestCommandLine_AcceptsOneDash(t *testing.T) {
	c, err := parse(t, "fanout -conns 200 --runs=3 -depth 1,4 -hub-flag=--heartbeat=1s,x -baselines none -target 127.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	if c.Conns != 200 || c.Runs != 3 || !slices.Equal(c.Fanout.Depth, []int{1, 4}) {
		t.Errorf("got %+v", c)
	}
	if want := []string{"--heartbeat=1s,x"}; !slices.Equal(c.HubFlag, want) {
		t.Errorf("hub flags %q, want %q", c.HubFlag, want)
	}
	if got := c.targets(); !slices.Equal(got, []string{targetHub}) {
		t.Errorf("targets %q, want the hub alone", got)
	}
}

func TestCommandLine_RefusesWhatIsOutOfBounds(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if _, err := parse(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", line, err, want)
		}
	}
	f("hold -conns 0", "conns")
	f("hold -runs 1000", "runs")
	f("hold -size 10", "size")
	f("hold -sources 300", "sources")
	f("hold -idle 10ms", "idle")
	f("hold -timeout 100h", "timeout")
	f("hold -baselines nginx", "baselines")
	f("hold -baselines none", "nothing to run")
	f("hold -pprof 5s", "pprof needs out")
	f("fanout -depth 65", "depth")
	f("fanout -events 0", "events")
	f("unicast -publishers 0", "publishers")
	f("unicast -for 1ms", "for")
	f("slow -rate 0", "rate")
	f("topics -subscribers 0", "subscribers")
	f("topics -publishers 0", "publishers")
	f("churn -rate 1", "rate")
	f("resume -missed 0", "missed")
	f("nonsense", "unexpected argument")
}
