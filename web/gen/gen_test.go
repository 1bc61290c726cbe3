package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGenerate_CommittedFileIsFresh(t *testing.T) {
	if err := run(true); err != nil {
		t.Fatal(err)
	}
}

// generateFrom generates from a module whose package transport is the source.
func generateFrom(t *testing.T, transport string) (string, error) {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"transport/a.go": "package transport\n" + transport,
		"actors/a.go":    "package actors\ntype Age struct {\n\tMs int64 `json:\"ms\"` // whole\n}",
		"sse/a.go": `package sse
			const (
				EventConnected, EventPing = "connected", "ping"
				EventGap, EventReconnect, EventDashboardUpdate = "gap", "reconnect", "dashboardUpdate"
			)
			type Connected struct{}
			type Ping struct{}
			type Gap struct{}
			type Reconnect struct{}`,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := generate(root)
	return string(out), err
}

func TestGenerate_TranslatesWhatJSONWrites(t *testing.T) {
	out, err := generateFrom(t, `
		type reason string
		type base struct { ID string `+"`json:\"id\"`"+` }
		type row struct { N uint8 `+"`json:\"n\"`"+` }
		// dashboardUpdate is counted.
		type dashboardUpdate struct {
			base
			Why   reason         `+"`json:\"why\"`"+` // or why not
			Rows  []*row         `+"`json:\"rows\"`"+`
			By    map[string]row `+"`json:\"by,omitempty\"`"+`
			Rate  float64        `+"`json:\"1s\"`"+`
			Maybe *row           `+"`json:\"maybe,omitempty\"`"+`
			Null  *bool          `+"`json:\"null\"`"+`
			Age   actors.Age     `+"`json:\"age\"`"+`
			Raw   json.RawMessage `+"`json:\"raw\"`"+`
			Left  int            `+"`json:\"-\"`"+`
		}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"/** dashboardUpdate is counted. */\nexport interface DashboardUpdate {\n  id: string\n",
		"  /** or why not */\n  why: string\n",
		"  rows: (Row | null)[]\n", "  by?: Record<string, Row>\n", "  '1s': number\n",
		"  maybe?: Row\n", "  null: boolean | null\n", "  age: Age\n", "  raw: unknown\n",
		"export interface Row {\n  n: number\n}\n", "  /** whole */\n  ms: number\n", "  dashboardUpdate: DashboardUpdate\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "Left") || strings.Contains(out, "-:") {
		t.Errorf("a field that is not sent is declared:\n%s", out)
	}
}

func TestGenerate_RefusesWhatItCannotSay(t *testing.T) {
	for name, source := range map[string]string{
		"no type":      "",
		"no struct":    "type figures int",
		"no tag":       "type dashboardUpdate struct { A int }",
		"no name":      "type dashboardUpdate struct { A int `json:\",omitempty\"` }",
		"two names":    "type dashboardUpdate struct { A, B int `json:\"a\"` }",
		"a channel":    "type dashboardUpdate struct { A chan int `json:\"a\"` }",
		"unknown type": "type dashboardUpdate struct { A missing `json:\"a\"` }",
		"unknown pkg":  "type dashboardUpdate struct { A missing.T `json:\"a\"` }",
		"embeds int":   "type dashboardUpdate struct { int }",
		"not Go":       "type",
	} {
		if out, err := generateFrom(t, source); err == nil {
			t.Errorf("%s: got\n%s", name, out)
		}
	}
}
