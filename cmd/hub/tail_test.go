package main

import "testing"

func TestTail_FindsTheHubOfItsEnvironment(t *testing.T) {
	for want, tt := range map[string]struct {
		env []string
		cmd tailCmd
	}{
		"http://127.0.0.1:8080/api/sse":            {},
		"https://127.0.0.1:8080/api/sse":           {env: []string{"HUB_TLS_CERT=cert.pem"}},
		"https://127.0.0.1:8443/api/sse":           {env: []string{"HUB_LISTEN=:8443", "HUB_TLS_CERT=cert.pem"}},
		"http://10.0.0.7:80/api/dashboard/sse":     {env: []string{"HUB_LISTEN=10.0.0.7:80"}, cmd: tailCmd{Dashboard: true}},
		"https://push.example.org/live/api/sse":    {env: []string{"HUB_LISTEN=:8080"}, cmd: tailCmd{StreamURL: "https://push.example.org/live/"}},
		"http://127.0.0.1:18080/api/dashboard/sse": {cmd: tailCmd{StreamURL: "http://127.0.0.1:18080", Dashboard: true}},
	} {
		if got := tt.cmd.url(&program{sources: newSources(tt.env)}); got != want {
			t.Errorf("%v %+v: got %s, want %s", tt.env, tt.cmd, got, want)
		}
	}
}
