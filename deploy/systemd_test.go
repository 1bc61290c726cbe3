package deploy

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

// TestSystemd_UnitIsAccepted has systemd read the unit, with the hub where it
// was built.
func TestSystemd_UnitIsAccepted(t *testing.T) {
	analyze := hubtest.Tool(t, "systemd-analyze", "systemd")
	text := sample(t, "systemd/hub.service", "/usr/local/bin/hub", hubtest.Binary(t))
	unit := writeFile(t, t.TempDir(), "hub.service", text)
	if out, ok := output(t, analyze, "verify", "--man=no", unit); !ok || strings.Contains(out, "hub.service") {
		t.Errorf("systemd-analyze verify:\n%s", out)
	}
	out := mustRun(t, analyze, "security", "--offline=true", "--no-pager", unit)
	m := regexp.MustCompile(`Overall exposure level for \S+ ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no exposure level:\n%s", out)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 2 {
		t.Errorf("exposure level %s, more than 2:\n%s", m[1], out)
	}
}

// TestSystemd_WaitsLongerThanTheHub keeps systemd from killing a hub that drains.
func TestSystemd_WaitsLongerThanTheHub(t *testing.T) {
	m := regexp.MustCompile(`TimeoutStopSec=(\S+)`).FindStringSubmatch(readFile(t, "systemd/hub.service"))
	if m == nil {
		t.Fatal("no TimeoutStopSec")
	}
	patience, err := time.ParseDuration(m[1])
	if err != nil {
		t.Fatal(err)
	}
	help := mustRun(t, hubtest.Binary(t), "serve", "--help")
	limit := regexp.MustCompile(`--shutdown-timeout=(\S+)`).FindStringSubmatch(help)
	if d, err := time.ParseDuration(limit[1]); err != nil || patience < d+5*time.Second {
		t.Errorf("TimeoutStopSec is %v, --shutdown-timeout %v: %v", patience, d, err)
	}
}

func TestSystemd_SettingsAreAccepted(t *testing.T) {
	k := newKeys(t)
	out := mustRun(t, hubtest.Binary(t), "config", "--check", "--config=systemd/hub.yaml",
		"--jwt-secret-file="+k.secret, "--api-key-file="+k.api)
	if out != "ok\n" {
		t.Errorf("got %q", out)
	}
}
