package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "example.org/hub"

// pkg is what "go list -json" says of a package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Export       string // file with the exported types, with -export
}

// goList returns the packages that "go list" finds for args.
func goList(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Export"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs = append(pkgs, p)
	}
}

// A keeper keeps a third-party module in few packages, tests included.
type keeper struct {
	module string
	in     []string // our packages, and those below them
	why    string
}

var keepers = []keeper{
	{"github.com/valyala/fasthttp", []string{"transport", "bench"}, "fasthttp lives only in transport; bench starts a bare one to compare with"},
	{"github.com/fasthttp", []string{"transport"}, "the router of fasthttp lives only in transport"},
	{"github.com/asynkron/protoactor-go", []string{"actors"}, "protoactor lives only in actors"},
	{"github.com/golang-jwt/jwt", []string{"auth"}, "tokens are read and minted only in auth"},
	{"github.com/MicahParks", []string{"auth"}, "key sets are read only in auth"},
	{"github.com/alecthomas/kong", []string{"cmd/hub", "bench"}, "settings are read only by the programs"},
	{"go.yaml.in/yaml", []string{"cmd/hub", "transport", "deploy", "bench"}, "settings and target files are read only by the programs; tests read the OpenAPI file and the manifests"},
	{"github.com/nats-io", []string{"engine/nats"}, "NATS lives only in its engine"},
	{"github.com/yosida95/uritemplate", []string{"mercure"}, "templates are only matched in mercure"},
	{"github.com/klauspost/compress", []string{"internal/splice"}, "what is compressed is decided in one place"},
	{"github.com/redis/rueidis", []string{"engine/redis"}, "Redis lives only in its engine"},
}

// A diet lists the packages of ours that one may import, code and not tests.
type diet struct {
	of  string
	may []string
	why string
}

var diets = []diet{
	{"sse", nil, "sse uses the standard library only"},
	{"auth", []string{"engine"}, "auth knows names, and nothing of streams"},
	{"engine", nil, "the interface of the log knows no other package"},
	{"cluster", []string{"engine"}, "membership is about leases and questions, not about what is asked"},
	{"history", []string{"engine", "internal/splice", "sse"}, "the window is about the log only"},
	{"mercure", []string{"engine", "sse"}, "the protocol is about records and topics"},
	{"actors", []string{"engine", "history", "internal/splice", "mercure", "sse"}, "the tree knows no HTTP and no tokens"},
	{"webhook", []string{"cluster"}, "webhooks are about users and hubs, not about streams"},
	{"client", []string{"sse", "client"}, "what others import stays small"},
	{"bench", []string{"client", "sse", "bench"}, "bench sees the hub as a black box"},
	{"examples", []string{"client", "sse"}, "an example uses what any service may use"},
}

func TestImports_ThirdPartyModulesStayWhereTheyBelong(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for _, k := range keepers {
				if within(imported, k.module) && !slices.ContainsFunc(k.in, func(ours string) bool {
					return within(p.ImportPath, module+"/"+ours)
				}) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, k.why)
				}
			}
		}
	}
}

func TestImports_PackagesKnowOnlyWhatTheyMay(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, d := range diets {
			if !within(p.ImportPath, module+"/"+d.of) || strings.HasPrefix(p.ImportPath, module+"/engine/") {
				continue // the engines have a rule of their own
			}
			for _, imported := range p.Imports {
				if within(imported, module) && !slices.ContainsFunc(d.may, func(ours string) bool {
					return within(imported, module+"/"+ours)
				}) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, d.why)
				}
			}
			for _, imported := range p.Imports {
				if d.of == "sse" && strings.Contains(strings.Split(imported, "/")[0], ".") {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, d.why)
				}
			}
		}
	}
}

func TestImports_OnlyTheBinaryChoosesAnEngine(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module+"/engine/") {
				continue
			}
			if p.ImportPath != module+"/cmd/hub" && !strings.HasPrefix(p.ImportPath, module+"/engine/") {
				t.Errorf("%s imports %s: engines are chosen in cmd/hub", p.ImportPath, imported)
			}
			if p.ImportPath == module+"/cmd/hub" && imported == module+"/engine/enginetest" {
				t.Errorf("%s imports %s: that is for tests", p.ImportPath, imported)
			}
		}
	}
}

func TestImports_NobodyImportsTheBinariesOrTheBench(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, imported := range p.Imports {
			inBench := within(p.ImportPath, module+"/bench")
			if within(imported, module+"/cmd") || (within(imported, module+"/bench") && !inBench) {
				t.Errorf("%s imports %s: programs are not libraries", p.ImportPath, imported)
			}
		}
	}
}

// within reports whether a package is the other or below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}
