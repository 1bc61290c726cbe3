package deploy

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"example.org/hub/internal/hubtest"
)

var (
	metricName = regexp.MustCompile(`\b(?:hub|process|go)_[a-z0-9_]+`)
	series     = regexp.MustCompile(`(?m)^([a-z_0-9]+)(?:\{(.*)\})? \S+$`)
	label      = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
	matcher    = regexp.MustCompile(`\b(hub_[a-z_]+)\{([^}]*)\}`)
)

// exported is what a real hub exports: names, and the values of their labels.
func exported(t *testing.T) (text string, names, values map[string]bool) {
	t.Helper()
	s := &site{dir: t.TempDir()}
	s.certificate(t)
	writeFile(t, s.dir, "webhook", []byte(strings.Repeat("s", 32)))
	text = startLonely(t, "--engine=nats", "--tls-cert="+s.dir+"/hub.crt", "--tls-key="+s.dir+"/hub.key",
		"--webhook-url=http://127.0.0.1:1/", "--webhook-secret-file="+s.dir+"/webhook").ask(t, "GET", "/metrics", "")
	names, values = map[string]bool{}, map[string]bool{}
	for _, m := range series.FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			values[m[1]+" "+l[1]+" "+l[2]] = true
		}
	}
	return text, names, values
}

// TestMetrics_ThatAreNamedExist reads alerts, their tests, the dashboard, the
// chart and the documents.
func TestMetrics_ThatAreNamedExist(t *testing.T) {
	_, names, values := exported(t)
	eachText(t, func(name, text string) {
		for _, metric := range metricName.FindAllString(text, -1) {
			if strings.HasPrefix(text[strings.Index(text, metric):], metric+".") {
				continue // a file or a module, such as hub_test.go
			}
			if !names[metric] && !names[metric+"_bucket"] && metric != "hub_token" {
				t.Errorf("%s names %s, which no hub exports", name, metric)
			}
		}
		for _, m := range matcher.FindAllStringSubmatch(text, -1) {
			for _, l := range label.FindAllStringSubmatch(strings.ReplaceAll(m[2], `\"`, `"`), -1) {
				if l[1] != "instance" && l[1] != "job" && !values[m[1]+" "+l[1]+" "+l[2]] {
					t.Errorf("%s: %s never has %s=%q", name, m[1], l[1], l[2])
				}
			}
		}
	})
}

// TestMetrics_PassPromtool lets promtool read /metrics. That metrics lack help
// texts is known; what else it says about the hub's own is a fault. The names of
// go_ and process_ metrics are the library's.
func TestMetrics_PassPromtool(t *testing.T) {
	promtool := hubtest.Tool(t, "promtool", "prometheus")
	text, _, _ := exported(t)
	var out bytes.Buffer
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), &out, &out
	_ = cmd.Run() // which fails for lack of help
	lines := 0
	for line := range strings.Lines(out.String()) {
		lines++
		known := strings.HasSuffix(line, " no help text\n") || strings.HasPrefix(line, "go_") || strings.HasPrefix(line, "process_")
		if !known {
			t.Errorf("promtool: %s", line)
		}
	}
	if strings.Contains(out.String(), "error while linting") {
		t.Error("promtool cannot read the metrics")
	}
}

func TestAlerts_PassPromtool(t *testing.T) {
	promtool := hubtest.Tool(t, "promtool", "prometheus")
	mustRun(t, promtool, "check", "config", "prometheus/prometheus.yml")
	mustRun(t, promtool, "check", "rules", "prometheus/hub.rules.yaml")
	mustRun(t, promtool, "test", "rules", "prometheus/hub.rules.test.yaml")
}

// TestAlerts_AreTestedAndExplained wants a test for every alert, and in the
// runbook what to do.
func TestAlerts_AreTestedAndExplained(t *testing.T) {
	rules, tests := readFile(t, "prometheus/hub.rules.yaml"), readFile(t, "prometheus/hub.rules.test.yaml")
	runbook := readFile(t, "../docs/operations.md")
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1) {
		if !strings.Contains(tests, "alertname: "+m[1]+"\n") {
			t.Errorf("no test makes %s fire", m[1])
		}
		if !strings.Contains(runbook, m[1]) {
			t.Errorf("docs/operations.md says nothing about %s", m[1])
		}
	}
}
