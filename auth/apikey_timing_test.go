package auth

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strings"
	"testing"
)

// How long a key takes must tell nothing about it. That is read off the code,
// since times of a shared machine prove nothing: the keys are gone through once,
// to the end, and compared by crypto/subtle only.
func TestAPIKeys_AreComparedWithAllOfThem(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "apikey.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var loop *ast.RangeStmt
	ast.Inspect(file, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "Verify" {
			return true
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if r, ok := n.(*ast.RangeStmt); ok {
				loop = r
			}
			return true
		})
		return false
	})
	if loop == nil {
		t.Fatal("no loop over the keys in Verify")
	}
	var calls []string
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt, *ast.SwitchStmt, *ast.ReturnStmt, *ast.BranchStmt, *ast.BinaryExpr:
			t.Errorf("the loop has a %T, which may end it early", n)
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "subtle" {
					calls = append(calls, s.Sel.Name)
					return true
				}
			}
			t.Error("the loop calls something besides crypto/subtle")
		}
		return true
	})
	if got := strings.Join(calls, " "); got != "ConstantTimeCompare ConstantTimeSelect" {
		t.Errorf("the loop calls %q", got)
	}
}
