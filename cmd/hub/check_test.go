package main

import (
	"strings"
	"testing"
	"time"
)

func TestCheck_Refusals(t *testing.T) {
	secret := writeFile(t, "secret", testSecret)
	short := writeFile(t, "short", "too short")
	keys := writeFile(t, "keys", "tests:"+testKey+"\n")
	for _, tt := range []struct {
		name string
		args []string
		want string // "" for none
	}{
		{"a secret is enough", []string{"--jwt-secret-file", secret}, ""},
		{"a key set is enough", []string{"--jwks-url", "https://id.example/keys"}, ""},
		{"no key to check tokens with", nil, "no key to check tokens with"},
		{"API keys do not check tokens", []string{"--api-key-file", keys}, "no key to check tokens with"},
		{"others reach the internal address, no keys", []string{"--internal-listen", ":8081"}, "others reach it"},
		{"others reach the internal address, API keys", []string{"--internal-listen", ":8081", "--api-key-file", keys, "--jwt-secret-file", secret}, ""},
		{"others reach the internal address, tokens", []string{"--internal-listen", "0.0.0.0:8081", "--jwt-secret-file", secret}, ""},
		{"short secret", []string{"--jwt-secret-file", short}, "at least 32 bytes"},
		{"no such secret", []string{"--jwt-secret-file", "no-such-file"}, "no-such-file"},
		{"a secret is no public key", []string{"--jwt-public-key-file", secret}, "--jwt-public-key-file"},
		{"bad API keys", []string{"--dev", "--api-key-file", short}, "--api-key-file"},
		{"bad key set", []string{"--jwks-url", "id.example"}, "not a URL"},
		{"an unknown engine", []string{"--dev", "--engine", "kafka://u:hidden@n:4222"}, "want memory, nats, nats://HOST or redis://HOST"},
		{"a setting of another engine", []string{"--dev", "--engine-replicas", "3"}, "--engine-replicas: goes with NATS, not with --engine memory"},
		{"no engine", []string{"--dev", "--engine", "postgres://p"}, "want memory, nats, nats://HOST or redis://HOST"},
		{"memory stores nothing", []string{"--dev", "--data-dir", "data"}, "--data-dir"},
		{"no port", []string{"--dev", "--listen", "127.0.0.1"}, "--listen: want host:port"},
		{"half a certificate", []string{"--dev", "--tls-cert", secret}, "go together"},
		{"no certificate", []string{"--dev", "--tls-cert", secret, "--tls-key", secret}, "--tls-cert"},
		{"any origin", []string{"--dev", "--cors-origin", "*"}, "--cors-origin *"},
		{"origin by pattern", []string{"--dev", "--cors-origin", "https://*.example"}, "no wildcard"},
		{"origin with a path", []string{"--dev", "--cors-origin", "https://a.example/"}, "as browsers send it"},
		{"null origin", []string{"--dev", "--cors-origin", "null"}, "as browsers send it"},
		{"origin with its default port", []string{"--dev", "--cors-origin", "https://a.example:443"}, "as browsers send it"},
		{"retries the wrong way round", []string{"--dev", "--retry-min", "5s", "--retry-max", "2s"}, "--retry-max"},
		{"leeway", []string{"--dev", "--jwt-leeway", "1m"}, "at most 30s"},
		{"no time to drain", []string{"--jwt-secret-file", secret, "--shutdown-timeout", "30s"}, "--shutdown-timeout 30s: must be longer"},
		{"negative limit", []string{"--dev", "--max-connections=-1"}, "--max-connections -1: at least 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := command(t, append([]string{"config", "--check"}, tt.args...)...)
			if tt.want == "" {
				if code != exitOK || out != "ok\n" {
					t.Errorf("got code %d, %q", code, errs)
				}
				return
			}
			if code != exitUsage || !strings.Contains(errs, tt.want) {
				t.Errorf("got code %d, %q; want %q", code, errs, tt.want)
			}
			if strings.Contains(errs, "hidden") {
				t.Errorf("a password is in %q", errs)
			}
		})
	}
}

// What config --check refuses, serve refuses as well, before it starts anything.
func TestServe_RefusesWhatCheckRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"--dev", "--engine", "kafka://n"}, {"--internal-listen", ":0"}} {
		code, out, errs := command(t, append([]string{"serve"}, args...)...)
		if code != exitUsage || errs == "" || out != "" {
			t.Errorf("hub serve %v: got code %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestCheck_NamesEveryMistake(t *testing.T) {
	s := settings{engineSettings: engineSettings{Engine: "x"}, Listen: "x", InternalListen: "x", ShutdownTimeout: time.Second}
	for _, want := range []string{"--engine", "--listen", "--internal-listen", "no key", "--heartbeat", "--max-data"} {
		if err := s.check(); !strings.Contains(err.Error(), want) {
			t.Errorf("nothing about %s in %v", want, err)
		}
	}
}
