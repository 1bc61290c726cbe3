package deploy

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// chartDir is the chart; Helm itself is not among Debian's packages, so that the
// tests render it with the functions that it uses and no more.
const chartDir = "helm/hub"

// values returns the chart's own, with changes: "edge.replicas=5".
func chartValues(t *testing.T, changes ...string) map[string]any {
	t.Helper()
	var values map[string]any
	if err := yaml.Unmarshal([]byte(readFile(t, chartDir+"/values.yaml")), &values); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		name, text, _ := strings.Cut(change, "=")
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if value == nil {
			value = ""
		}
		steps := strings.Split(name, ".")
		at := values
		for _, step := range steps[:len(steps)-1] {
			at = at[step].(map[string]any)
		}
		at[steps[len(steps)-1]] = value
	}
	return values
}

// render returns the manifests of the chart's templates, in the order of their names.
func render(t *testing.T, values map[string]any) string {
	t.Helper()
	root, names := parseChart(t)
	dot := chartDot(values)
	var out strings.Builder
	for _, name := range slices.Sorted(slices.Values(names)) {
		text := execute(t, root, name, dot)
		if strings.TrimSpace(text) != "" {
			out.WriteString("---\n" + strings.TrimSpace(text) + "\n")
		}
	}
	execute(t, root, "templates/NOTES.txt", dot)
	return out.String()
}

// renderTest returns the pod of "helm test".
func renderTest(t *testing.T, values map[string]any) string {
	t.Helper()
	root, _ := parseChart(t)
	return execute(t, root, "templates/tests/ready.yaml", chartDot(values))
}

func chartDot(values map[string]any) map[string]any {
	return map[string]any{"Values": values, "Release": map[string]any{"Name": "hub", "Namespace": "default"}}
}

// parseChart returns the templates, and the names of those that are manifests.
func parseChart(t *testing.T) (root *template.Template, names []string) {
	t.Helper()
	root = template.New("chart").Option("missingkey=error")
	root.Funcs(functions(root))
	err := fs.WalkDir(os.DirFS(chartDir), "templates", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if _, err := root.New(name).Parse(readFile(t, filepath.Join(chartDir, name))); err != nil {
			return err
		}
		if strings.HasSuffix(name, ".yaml") && !strings.Contains(name, "/tests/") {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return root, names
}

func execute(t *testing.T, root *template.Template, name string, dot any) string {
	t.Helper()
	var out strings.Builder
	if err := root.ExecuteTemplate(&out, name, dot); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// functions are those of Helm that the chart uses, as its documentation has them.
func functions(root *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, dot any) (string, error) {
			var out strings.Builder
			err := root.ExecuteTemplate(&out, name, dot)
			return out.String(), err
		},
		"nindent": func(n int, text string) string {
			pad := "\n" + strings.Repeat(" ", n)
			return pad + strings.ReplaceAll(text, "\n", pad)
		},
		"toYaml": func(v any) (string, error) {
			out, err := yaml.Marshal(v)
			return strings.TrimSuffix(string(out), "\n"), err
		},
		"quote": func(v any) string { return strconv.Quote(fmt.Sprint(v)) },
		"int":   func(v int) int { return v },
		"add":   func(a, b int) int { return a + b },
		"list":  func(v ...any) []any { return v },
		"until": func(n int) []int {
			all := make([]int, n)
			for i := range all {
				all[i] = i
			}
			return all
		},
		"dict": func(pairs ...any) map[string]any {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				m[pairs[i].(string)] = pairs[i+1]
			}
			return m
		},
	}
}

// keysOf returns the keys of a map in order.
func keysOf(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
