package deploy

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeDemo reads the demo as docker compose does, schema and references included.
func composeDemo(t *testing.T) *types.Project {
	t.Helper()
	dir, err := filepath.Abs("compose")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestCompose_IsAcceptedAndItsFilesAreThere(t *testing.T) {
	project := composeDemo(t)
	if got := slices.Sorted(maps.Keys(project.Services)); !slices.Equal(got, []string{"grafana", "haproxy", "hub1", "hub2", "hub3", "prometheus"}) {
		t.Errorf("services %q", got)
	}
	for name, service := range project.Services {
		for _, v := range service.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil || !v.ReadOnly {
				t.Errorf("%s: %s: %v, read-only %v", name, v.Source, err, v.ReadOnly)
			}
		}
		for _, p := range service.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to others", name, p.Published)
			}
		}
	}
}

// TestCompose_HubsAcceptTheirSettings has the hub check what each of them is given.
func TestCompose_HubsAcceptTheirSettings(t *testing.T) {
	k := newKeys(t)
	writeFile(t, k.dir, "cluster-secret", []byte(testSecret))
	var peers []string
	for name, service := range composeDemo(t).Services {
		if !strings.HasPrefix(name, "hub") {
			continue
		}
		cmd := exec.Command(hubBinary(t), "config", "--check")
		for key, value := range service.Environment {
			cmd.Env = append(cmd.Env, key+"="+strings.ReplaceAll(*value, "/run/secrets", k.dir))
			if key == "HUB_INSTANCE" && *value != name {
				t.Errorf("%s calls itself %s", name, *value)
			}
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		peers = append(peers, name+":6222")
	}
	slices.Sort(peers)
	if text := readFile(t, "compose/compose.yaml"); !strings.Contains(text, "HUB_CLUSTER_PEERS: "+strings.Join(peers, ",")+"\n") {
		t.Errorf("the peers are not %q", peers)
	}
}

func TestCompose_HAProxyAndPrometheusAcceptTheirs(t *testing.T) {
	mustRun(t, tool(t, "haproxy", "haproxy"), "-c", "-f", "compose/haproxy.cfg")
	dir := t.TempDir()
	writeFile(t, dir, "hub.rules.yaml", []byte(readFile(t, "prometheus/hub.rules.yaml")))
	config := writeFile(t, dir, "prometheus.yml", []byte(readFile(t, "compose/prometheus.yaml")))
	mustRun(t, tool(t, "promtool", "prometheus"), "check", "config", config)
}
