package main

import (
	"strings"
	"testing"
)

// setting runs "hub config" and returns the line about one setting.
func setting(t *testing.T, name string, args ...string) string {
	t.Helper()
	_, out, errs := command(t, append([]string{"config"}, args...)...)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, name+":") {
			return strings.Join(strings.Fields(line)[1:], " ")
		}
	}
	t.Fatalf("no line about %s: %s%s", name, out, errs)
	return ""
}

func TestSettings_Precedence(t *testing.T) {
	for _, tt := range []struct {
		name, key       string
		flag, env, file string
		want            string
	}{
		{"nothing said", "heartbeat", "", "", "", "15s # default"},
		{"file over default", "heartbeat", "", "", "20s", "20s # file"},
		{"variable over file", "heartbeat", "", "25s", "20s", "25s # env"},
		{"flag over all", "heartbeat", "30s", "25s", "20s", "30s # flag"},
		{"flag over file", "heartbeat", "30s", "", "20s", "30s # flag"},
		{"a flag that repeats the default is a flag", "heartbeat", "15s", "25s", "", "15s # flag"},
		{"an empty variable is none", "heartbeat", "", "", "20s", "20s # file"},
		{"numbers", "max-connections", "", "70000", "5", "70000 # env"},
		{"sizes", "max-queue-bytes", "", "", "131072", "128KiB # file"},
		{"switches", "dev", "", "true", "", "true # env"},
		{"lists in a variable", "cors-origin", "", "https://a.example,https://b.example", "", "['https://a.example', 'https://b.example'] # env"},
		{"lists in a file", "cors-origin", "", "", "[https://a.example, https://b.example]", "['https://a.example', 'https://b.example'] # file"},
		{"one value for a list", "trusted-proxy", "", "", "10.0.0.0/8", "[10.0.0.0/8] # file"},
		{"a flag replaces the whole list", "trusted-proxy", "10.1.0.0/16", "10.0.0.0/8", "", "[10.1.0.0/16] # flag"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			if tt.flag != "" {
				args = append(args, "--"+tt.key, tt.flag)
			}
			t.Setenv(variable(tt.key), tt.env)
			if tt.file != "" {
				args = append(args, "--config", writeFile(t, "hub.yaml", tt.key+": "+tt.file+"\n"))
			}
			if got := setting(t, tt.key, args...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSettings_FileIsNamedByVariableOrFlag(t *testing.T) {
	t.Setenv("HUB_CONFIG", writeFile(t, "a.yaml", "listen: 127.0.0.1:1\n"))
	if got := setting(t, "listen"); got != "127.0.0.1:1 # file" {
		t.Errorf("got %q", got)
	}
	other := writeFile(t, "b.yaml", "listen: 127.0.0.1:2\n")
	if got := setting(t, "listen", "--config", other); got != "127.0.0.1:2 # file" {
		t.Errorf("got %q", got)
	}
}

func TestSettings_DevChangesDefaultsOnly(t *testing.T) {
	if got := setting(t, "drain-delay", "--dev"); got != "0s # default" {
		t.Errorf("got %q", got)
	}
	if got := setting(t, "drain-window", "--dev"); got != "1s # default" {
		t.Errorf("got %q", got)
	}
	if got := setting(t, "drain-window", "--dev", "--drain-window", "7s"); got != "7s # flag" {
		t.Errorf("got %q", got)
	}
}

func TestSettings_MistakesAreErrorsThatNameThePlace(t *testing.T) {
	for _, tt := range []struct {
		name, file, env string // env is NAME=value
		args            []string
		want            string
	}{
		{name: "unknown flag", args: []string{"--lisen", ":80"}, want: "unknown flag --lisen"},
		{name: "unknown key", file: "listen: a:1\nlisen: :80\n", want: `line 2: unknown key "lisen"`},
		{name: "key in another spelling", file: "max_connections: 1\n", want: `line 1: unknown key "max_connections"`},
		{name: "the file names a file", file: "config: other.yaml\n", want: `unknown key "config"`},
		{name: "key twice", file: "listen: a:1\nlisten: a:2\n", want: `line 2: key "listen" is there twice`},
		{name: "no value", file: "listen:\n", want: `line 1: key "listen": not a settings file: no value`},
		{name: "nested", file: "listen:\n  port: 1\n", want: "want a value or a list of values"},
		{name: "a list where one value goes", file: "listen: [a, b]\n", want: "--listen: takes one value, not a list (from line 1 of the file)"},
		{name: "two documents", file: "listen: a:1\n---\nlisten: a:2\n", want: "second document"},
		{name: "no mapping", file: "- listen\n", want: "want \"name: value\" lines"},
		{name: "no YAML", file: "\t: {", want: "yaml"},
		{name: "no such file", args: []string{"--config", "no-such-file.yaml"}, want: "no-such-file.yaml"},
		{name: "bad value in a file", file: "\nheartbeat: often\n", want: "(from line 2 of the file)"},
		{name: "unknown variable", env: "HUB_LISEN=:80", want: "unknown environment variable HUB_LISEN"},
		{name: "bad value in a variable", env: "HUB_HEARTBEAT=often", want: "(from HUB_HEARTBEAT)"},
		{name: "bad choice in a variable", env: "HUB_SLOW_CONSUMER=wait", want: "conflate"},
		{name: "bad network", args: []string{"--trusted-proxy", "10.0.0.1"}, want: "trusted-proxy"},
		{name: "bad size", args: []string{"--max-body", "1MB"}, want: "1MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"config", "--dev"}, tt.args...)
			if tt.file != "" {
				args = append(args, "--config", writeFile(t, "hub.yaml", tt.file))
			}
			if name, value, ok := strings.Cut(tt.env, "="); ok {
				t.Setenv(name, value)
			}
			code, out, errs := command(t, args...)
			if code != exitUsage || !strings.Contains(errs, tt.want) || out != "" {
				t.Errorf("got code %d, stderr %q, stdout %q; want %q in stderr", code, errs, out, tt.want)
			}
		})
	}
}

func TestSettings_ServiceLinksOfKubernetesAreNotSettings(t *testing.T) {
	for name, value := range map[string]string{
		"HUB_SERVICE_HOST":                   "10.96.0.7",
		"HUB_SERVICE_PORT":                   "8080",
		"HUB_SERVICE_PORT_HTTP":              "8080",
		"HUB_PORT":                           "tcp://10.96.0.7:8080",
		"HUB_PORT_8080_TCP":                  "tcp://10.96.0.7:8080",
		"HUB_PORT_8080_TCP_ADDR":             "10.96.0.7",
		"HUB_INTERNAL_PORT_8081_TCP_PROTO":   "tcp",
		"HUB_INTERNAL_SERVICE_PORT_INTERNAL": "8081",
	} {
		t.Setenv(name, value)
	}
	if code, _, errs := command(t, "config", "--dev", "--check"); code != exitOK {
		t.Errorf("got code %d: %s", code, errs)
	}
}

func TestRun_HelpNamesCommandsAndVariables(t *testing.T) {
	code, out, _ := command(t)
	if code != exitOK || !strings.Contains(out, "healthcheck") {
		t.Errorf("hub: got code %d and %q", code, out)
	}
	code, out, _ = command(t, "serve", "--help")
	if code != exitOK || !strings.Contains(out, "$HUB_MAX_CONNECTIONS_PER_IP") {
		t.Errorf("hub serve --help: got code %d and %q", code, out)
	}
	if code, _, errs := command(t, "server"); code != exitUsage || errs == "" {
		t.Errorf("hub server: got code %d and %q", code, errs)
	}
}
