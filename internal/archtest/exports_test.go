package archtest

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"testing"
)

// TestExports_LeakNoFramework checks that no exported name of a package has, in
// any place that another package can reach, a type of the framework that the
// package is there to hide.
func TestExports_LeakNoFramework(t *testing.T) {
	for _, rule := range []struct{ of, hidden string }{
		{"actors", "github.com/asynkron/protoactor-go"},
		{"transport", "github.com/valyala/fasthttp"},
		{"auth", "github.com/golang-jwt/jwt"},
	} {
		t.Run(rule.of+" hides "+rule.hidden, func(t *testing.T) {
			pkg := loadTypes(t, module+"/"+rule.of)
			l := leaks{hidden: rule.hidden, seen: map[types.Type]bool{}}
			for _, name := range pkg.Scope().Names() {
				if obj := pkg.Scope().Lookup(name); obj.Exported() {
					l.walk(name, obj.Type())
				}
			}
			for _, leak := range l.found {
				t.Error(leak)
			}
		})
	}
}

// loadTypes returns the exported types of a package as the compiler wrote them.
func loadTypes(t *testing.T, path string) *types.Package {
	t.Helper()
	files := map[string]string{}
	for _, p := range goList(t, "-export", "-deps", path) {
		files[p.ImportPath] = p.Export
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(files[path])
	})
	pkg, err := imp.Import(path)
	if err != nil {
		t.Fatalf("load types of %s: %v", path, err)
	}
	return pkg
}

// leaks finds where a hidden module's types can be reached.
type leaks struct {
	hidden string
	seen   map[types.Type]bool
	found  []string
}

func (l *leaks) walk(where string, typ types.Type) {
	if l.seen[typ] {
		return
	}
	l.seen[typ] = true
	switch typ := typ.(type) {
	case *types.Alias:
		l.named(where, typ.Obj(), types.Unalias(typ))
	case *types.Named:
		l.named(where, typ.Obj(), typ.Underlying())
		for arg := range typ.TypeArgs().Types() {
			l.walk(where, arg)
		}
		for m := range typ.Methods() {
			if m.Exported() && ours(typ.Obj()) {
				l.walk(where+"."+m.Name(), m.Type())
			}
		}
	case *types.Signature:
		l.walk(where, typ.Params())
		l.walk(where, typ.Results())
	case *types.Tuple:
		for v := range typ.Variables() {
			l.walk(where, v.Type())
		}
	case *types.Struct:
		for f := range typ.Fields() {
			if f.Exported() {
				l.walk(where+"."+f.Name(), f.Type())
			}
		}
	case *types.Interface:
		for m := range typ.Methods() {
			if m.Exported() {
				l.walk(where+"."+m.Name(), m.Type())
			}
		}
	case *types.Map:
		l.walk(where, typ.Key())
		l.walk(where, typ.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		l.walk(where, typ.Elem())
	}
}

// named looks at the package that declares a type, and into the type if that
// package is ours.
func (l *leaks) named(where string, obj *types.TypeName, underlying types.Type) {
	switch {
	case obj.Pkg() == nil: // error, any
	case within(obj.Pkg().Path(), l.hidden):
		l.found = append(l.found, where+" is of type "+obj.Pkg().Path()+"."+obj.Name())
	case ours(obj):
		l.walk(where, underlying)
	}
}

func ours(obj *types.TypeName) bool {
	return obj.Pkg() != nil && within(obj.Pkg().Path(), module)
}
