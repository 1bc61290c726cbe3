package deploy

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"example.org/hub/internal/hubtest"
)

// composeFile is what the demo uses of the compose specification; another key is an
// error. The loader of docker compose itself would be thirteen modules for one test.
type composeFile struct {
	Name     string                    `yaml:"name"`
	Hub      composeService            `yaml:"x-hub"`
	Settings map[string]string         `yaml:"x-settings"`
	Services map[string]composeService `yaml:"services"`
	Volumes  map[string]struct{}       `yaml:"volumes"`
	Networks map[string]struct {
		IPAM struct {
			Config []struct {
				Subnet string `yaml:"subnet"`
			} `yaml:"config"`
		} `yaml:"ipam"`
	} `yaml:"networks"`
	Secrets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

type composeService struct {
	Image string `yaml:"image"`
	Build struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
	} `yaml:"build"`
	Restart     string            `yaml:"restart"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	Ulimits     map[string]int    `yaml:"ulimits"`
	StopGrace   string            `yaml:"stop_grace_period"`
	Secrets     []string          `yaml:"secrets"`
	Networks    []string          `yaml:"networks"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
}

func composeDemo(t *testing.T) composeFile {
	t.Helper()
	dec := yaml.NewDecoder(bytes.NewReader([]byte(readFile(t, "compose/compose.yaml"))))
	dec.KnownFields(true)
	var f composeFile
	if err := dec.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCompose_WhatItRefersToIsThere(t *testing.T) {
	demo := composeDemo(t)
	if got := slices.Sorted(maps.Keys(demo.Services)); !slices.Equal(got, []string{"grafana", "haproxy", "hub1", "hub2", "hub3", "prometheus"}) {
		t.Errorf("services %q", got)
	}
	for name, service := range demo.Services {
		for _, volume := range service.Volumes {
			source, target, _ := strings.Cut(volume, ":")
			if _, named := demo.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join("compose", source)); err != nil || !strings.HasSuffix(target, ":ro") {
				t.Errorf("%s: volume %s: %v", name, volume, err)
			}
		}
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to others", name, port)
			}
		}
		for _, secret := range service.Secrets {
			if demo.Secrets[secret].File == "" {
				t.Errorf("%s: no secret %s", name, secret)
			}
		}
		for _, network := range service.Networks {
			if _, ok := demo.Networks[network]; !ok {
				t.Errorf("%s: no network %s", name, network)
			}
		}
		if build := service.Build; build.Context != "" {
			if _, err := os.Stat(filepath.Join("compose", build.Context, build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
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
		cmd := exec.Command(hubtest.Binary(t), "config", "--check")
		for key, value := range service.Environment {
			cmd.Env = append(cmd.Env, key+"="+strings.ReplaceAll(value, "/run/secrets", k.dir))
			if key == "HUB_INSTANCE" && value != name {
				t.Errorf("%s calls itself %s", name, value)
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
	mustRun(t, hubtest.Tool(t, "haproxy", "haproxy"), "-c", "-f", "compose/haproxy.cfg")
	dir := t.TempDir()
	writeFile(t, dir, "hub.rules.yaml", []byte(readFile(t, "prometheus/hub.rules.yaml")))
	config := writeFile(t, dir, "prometheus.yml", []byte(readFile(t, "compose/prometheus.yaml")))
	mustRun(t, hubtest.Tool(t, "promtool", "prometheus"), "check", "config", config)
}
