package deploy

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"example.org/hub/internal/hubtest"
)

// eachFile calls f with the files of this directory that have the extension.
func eachFile(t *testing.T, ext string, f func(name string, text []byte)) {
	t.Helper()
	found := 0
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ext {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if err == nil {
			found++
			f(name, text)
		}
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files of %s: %v", found, ext, err)
	}
}

// documents parses all YAML documents of a text. A key that is there twice is
// an error of the parser.
func documents(text string) (docs []map[string]any, err error) {
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var doc map[string]any
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return docs, err
		}
		if doc != nil {
			docs = append(docs, doc)
		}
	}
}

func TestFiles_Parse(t *testing.T) {
	for _, ext := range []string{".yaml", ".yml"} {
		eachFile(t, ext, func(name string, text []byte) {
			if strings.Contains(name, "/templates/") {
				return // of the chart, which is rendered first
			}
			if docs, err := documents(string(text)); err != nil || len(docs) == 0 {
				t.Errorf("%s: %d documents, %v", name, len(docs), err)
			}
		})
	}
	eachFile(t, ".json", func(name string, text []byte) {
		if !json.Valid(text) {
			t.Errorf("%s is not JSON", name)
		}
	})
}

func TestImage_IsStaticAndUnprivileged(t *testing.T) {
	file := readFile(t, "Dockerfile")
	_, last, ok := strings.Cut(file, "\nFROM scratch\n")
	if !ok || strings.Contains(last, "\nFROM ") {
		t.Fatal("the last stage is not from scratch")
	}
	for _, line := range []string{
		"USER 65532:65532", "STOPSIGNAL SIGTERM", `ENTRYPOINT ["/hub"]`, `CMD ["/hub", "healthcheck"]`,
		"/etc/ssl/certs/ca-certificates.crt",
	} {
		if !strings.Contains(last, line) {
			t.Errorf("the last stage lacks %s", line)
		}
	}
	if !strings.Contains(file, " -tags timetzdata ") {
		t.Error("the binary knows no time zones, and the image has no files of them")
	}
	binary, err := elf.Open(hubtest.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary needs a dynamic linker, and the image has none")
		}
	}
}

func TestImage_ChecksItsHealth(t *testing.T) {
	h := startLonely(t)
	if out := mustRun(t, hubtest.Binary(t), "healthcheck", "--url=http://"+h.internal); out != "ready\n" {
		t.Errorf("got %q", out)
	}
	_ = h.cmd.Process.Kill()
	<-h.exited
	if out, ok := output(t, hubtest.Binary(t), "healthcheck", "--url=http://"+h.internal); ok {
		t.Errorf("a hub that is gone is healthy: %q", out)
	}
}
