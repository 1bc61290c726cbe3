package deploy

import (
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

// preStopOf returns the command of the hook, nil if there is none.
func preStopOf(pod map[string]any) []string {
	lifecycle, ok := pod["containers"].([]any)[0].(map[string]any)["lifecycle"].(map[string]any)
	if !ok {
		return nil
	}
	var command []string
	for _, arg := range lifecycle["preStop"].(map[string]any)["exec"].(map[string]any)["command"].([]any) {
		command = append(command, arg.(string))
	}
	return command
}

// TestChart_PreStopDrains runs the chart's hook against a hub, then ends that as
// Kubernetes does.
func TestChart_PreStopDrains(t *testing.T) {
	docs, err := documents(render(t, chartValues(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		pod := podOf(doc)
		if pod == nil {
			continue
		}
		command := preStopOf(pod)
		if len(command) == 0 || command[0] != "/hub" { // where the image has it
			t.Fatalf("%s: the hook is %q", doc["kind"], command)
		}
		k := newKeys(t)
		writeFile(t, k.dir, "api-keys", []byte("shop:a-key-that-may-only-publish:publish\ntests:"+testKey+":admin\n"))
		h := startHub(t, k, "--listen=127.0.0.1:0", "--internal-listen=127.0.0.1:0")
		for i, arg := range command {
			command[i] = strings.NewReplacer("/etc/hub/secrets", k.dir, "127.0.0.1:8081", h.internal).Replace(arg)
		}
		if out, ok := output(t, hubtest.Binary(t), command[1:]...); !ok || !strings.Contains(out, "drained, 0 streams") {
			t.Fatalf("%s: %q: %s", doc["kind"], command, out)
		}
		if resp, err := http.Get("http://" + h.internal + "/readyz"); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: after the hook: %v, %v", doc["kind"], resp, err)
		} else {
			resp.Body.Close()
		}
		if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-h.exited:
			if code := h.cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		case <-time.After(patience):
			t.Error("the hub does not end")
		}
	}
}

// TestChart_PreStopSpeaksWhatTheHubDoes wants the certificate's name where the
// internal address has TLS, and no hook where none is wanted.
func TestChart_PreStopSpeaksWhatTheHubDoes(t *testing.T) {
	for name, want := range map[string][]string{
		"internal TLS": {"--url=https://127.0.0.1:8081", "--internal-ca=/etc/hub/internal-tls/ca.crt", "--internal-server-name=hub-internal"},
		"default":      {"--url=http://127.0.0.1:8081"},
		"no preStop":   nil,
	} {
		docs, err := documents(render(t, chartValues(t, variants[name]...)))
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			pod := podOf(doc)
			if pod == nil {
				continue
			}
			command := preStopOf(pod)
			if want == nil && command != nil {
				t.Errorf("%s: a hook %q", name, command)
			}
			for _, flag := range want {
				if !slices.Contains(command, flag) {
					t.Errorf("%s: %q lacks %s", name, command, flag)
				}
			}
		}
	}
}
