package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// serveStubHub is the plain baseline behind the hub's command line: two
// listeners, key files that have to be there, and /readyz.
func serveStubHub(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	public := flags.String("listen", "", "")
	internal := flags.String("internal-listen", "", "")
	secret := flags.String("jwt-secret-file", "", "")
	keys := flags.String("api-key-file", "", "")
	flags.String("log-level", "", "")
	flags.Bool("pprof", false, "")
	fail := flags.Bool("fail", false, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *fail {
		return errors.New("told to fail")
	}
	for _, name := range []string{*secret, *keys} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			return errors.New("a key file is missing or open to others")
		}
	}
	p := newPlain()
	handle := func(rc *fasthttp.RequestCtx) {
		if string(rc.Path()) != "/readyz" {
			p.handle(rc)
		}
	}
	ln, err := net.Listen("tcp", *public)
	if err != nil {
		return err
	}
	go func() { _ = fasthttp.Serve(ln, handle) }()
	return fasthttp.ListenAndServe(*internal, handle)
}

func ownBinary(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func TestStartHub_RunsItWithItsOwnKeysAndCleansUp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := startHub(t.Context(), ownBinary(t), nil, testEnvironment(t, targetHub).users)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(s.files, apiKeyFile))
	if want := "bench:" + s.apiKey + ":publish,presence,admin\n"; err != nil || string(keys) != want {
		t.Errorf("keys %q, %v, want %q", keys, err, want)
	}
	if !s.ready(t.Context()) || s.public == s.internal || s.pid != s.child.pid() {
		t.Errorf("got %+v", s)
	}
	s.stop()
	if !s.child.ended() {
		t.Error("it still runs")
	}
	if _, err := os.Stat(s.files); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its keys are still there: %v", err)
	}
}

func TestStartHub_ReportsOneThatEnds(t *testing.T) {
	if _, err := startHub(t.Context(), ownBinary(t), []string{"--fail"}, testEnvironment(t, targetHub).users); !errors.Is(err, errNotReady) {
		t.Errorf("got %v, want %v", err, errNotReady)
	}
	if _, err := startHub(t.Context(), "/does/not/exist", nil, testEnvironment(t, targetHub).users); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such program: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := startHub(ctx, ownBinary(t), nil, testEnvironment(t, targetHub).users); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, want %v", err, context.Canceled)
	}
}

// TestRunScenario_WholeCommand runs two rounds of the floor and of a started hub
// and reads the report back.
func TestRunScenario_WholeCommand(t *testing.T) {
	stdout := os.Stdout
	t.Cleanup(func() { os.Stdout = stdout })
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	os.Stdout = null
	opts := testEnvironment(t, targetHub).options
	opts.StartHub, opts.Baselines, opts.Runs, opts.Out = ownBinary(t), []string{targetFloor}, 2, filepath.Join(t.TempDir(), "out")
	s := &fanoutScenario{Events: 5, Depth: []int{2}}
	if err := runScenario("fanout", opts, s, s); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(opts.Out, "*.json"))
	if len(files) != 1 {
		t.Fatalf("got files %q, want one", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 4 || r.Runs[2].Round != 2 || r.Runs[2].Target != targetFloor || r.Runs[3].Target != targetHub {
		t.Errorf("got %d runs: %+v", len(r.Runs), r.Runs)
	}
	if row := r.Summary[0]; row.Name != "depth2.cpu_us_per_delivery" || row.ToFloor[targetHub].Count != 2 {
		t.Errorf("first row %+v, want CPU of a delivery with a ratio from two rounds", row)
	}
	if strings.Contains(string(text), filepath.Dir(ownBinary(t))) && strings.Contains(r.Command[0], "/") {
		t.Errorf("the command names a path: %q", r.Command[0])
	}
}

func TestFindHub_DrivesAServerThatRuns(t *testing.T) {
	running, err := startBaseline(targetPlain)
	if err != nil {
		t.Fatal(err)
	}
	defer running.stop()
	env := testEnvironment(t, targetHub)
	env.Target, env.Internal = running.public.String(), running.internal.String()
	out, err := (&connectScenario{}).run(t.Context(), env)
	if err != nil || len(out.failures) > 0 {
		t.Fatalf("%v, %+v", err, out)
	}
	if running.child.ended() {
		t.Error("a server that is not ours was stopped")
	}
}
