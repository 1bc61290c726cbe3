package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
)

// declarations are the types and string constants of one package, as written.
// The source is read and not compiled, since the payload types of transport are
// its own and their comments are wanted too.
type declarations struct {
	dir       string
	types     map[string]*ast.TypeSpec
	docs      map[string]string
	constants map[string]string
}

func parseDir(root, dir string) (*declarations, error) {
	d := &declarations{
		dir: dir, types: map[string]*ast.TypeSpec{}, docs: map[string]string{}, constants: map[string]string{},
	}
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err == nil && len(files) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", dir, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", dir, err)
		}
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok {
				d.add(group)
			}
		}
	}
	return d, nil
}

func (d *declarations) add(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			d.types[spec.Name.Name] = spec
			d.docs[spec.Name.Name] = comment(group.Doc, spec.Doc)
		case *ast.ValueSpec:
			for i, name := range spec.Names {
				if i >= len(spec.Values) {
					break
				}
				if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING && group.Tok == token.CONST {
					if value, err := strconv.Unquote(lit.Value); err == nil {
						d.constants[name.Name] = value
					}
				}
			}
		}
	}
}

// comment joins what stands above or behind a declaration into one line.
func comment(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
			return strings.ReplaceAll(text, "*/", "* /")
		}
	}
	return ""
}
