package main

import (
	"errors"
	"fmt"
	"go/ast"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// writer writes TypeScript declarations, each once.
type writer struct {
	out   *strings.Builder
	names map[string]string // "dir.type" -> TypeScript name, if it is another
	pkg   func(dir string) (*declarations, error)
	done  map[string]bool
}

// declare writes a struct type as an interface, after those that it refers to.
func (w *writer) declare(d *declarations, goType string) error {
	key := d.dir + "." + goType
	if w.done[key] {
		return nil
	}
	w.done[key] = true
	spec := d.types[goType]
	if spec == nil {
		return fmt.Errorf("package %s has no type %s", d.dir, goType)
	}
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return fmt.Errorf("%s is not a struct", key)
	}
	body, err := w.fields(d, st)
	if err != nil {
		return fmt.Errorf("type %s: %w", key, err)
	}
	w.doc("", d.docs[goType])
	fmt.Fprintf(w.out, "export interface %s {\n%s}\n\n", w.name(d, goType), body)
	return nil
}

func (w *writer) name(d *declarations, goType string) string {
	if name := w.names[d.dir+"."+goType]; name != "" {
		return name
	}
	runes := []rune(goType)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

func (w *writer) doc(indent, text string) {
	if text != "" {
		fmt.Fprintf(w.out, "%s/** %s */\n", indent, text)
	}
}

// fields returns the members of an interface, as encoding/json names them.
func (w *writer) fields(d *declarations, st *ast.StructType) (string, error) {
	var out strings.Builder
	for _, f := range st.Fields.List {
		if len(f.Names) == 0 && f.Tag == nil {
			members, err := w.embedded(d, f.Type)
			if err != nil {
				return "", err
			}
			out.WriteString(members)
			continue
		}
		if len(f.Names) != 1 {
			return "", fmt.Errorf("want one name a field, got %d", len(f.Names))
		}
		name, optional, err := jsonName(f)
		if err != nil {
			return "", err
		}
		if name == "-" {
			continue
		}
		typ, err := w.typeOf(d, f.Type)
		if err != nil {
			return "", fmt.Errorf("field %s: %w", f.Names[0].Name, err)
		}
		if text := comment(f.Doc, f.Comment); text != "" {
			fmt.Fprintf(&out, "  /** %s */\n", text)
		}
		if optional != "" {
			typ = strings.TrimSuffix(typ, " | null") // nil is left out
		}
		fmt.Fprintf(&out, "  %s%s: %s\n", propertyName(name), optional, typ)
	}
	return out.String(), nil
}

// embedded returns the members that encoding/json takes from an embedded struct.
func (w *writer) embedded(d *declarations, expr ast.Expr) (string, error) {
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if id, ok := expr.(*ast.Ident); ok && d.types[id.Name] != nil {
		if st, ok := d.types[id.Name].Type.(*ast.StructType); ok {
			return w.fields(d, st)
		}
	}
	return "", errors.New("embeds what is not a struct of its package")
}

// propertyName quotes what is not an identifier.
func propertyName(name string) string {
	for i, r := range name {
		if !unicode.IsLetter(r) && r != '_' && r != '$' && (i == 0 || !unicode.IsDigit(r)) {
			return "'" + name + "'"
		}
	}
	return name
}

// jsonName reads the field's tag. A field without one would be sent under a
// name that nobody chose.
func jsonName(f *ast.Field) (name, optional string, err error) {
	if f.Tag == nil {
		return "", "", fmt.Errorf("field %s has no json tag", f.Names[0].Name)
	}
	tag, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", "", fmt.Errorf("field %s: %w", f.Names[0].Name, err)
	}
	name, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	if name == "" {
		return "", "", fmt.Errorf("field %s has no json name", f.Names[0].Name)
	}
	if strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
		optional = "?"
	}
	return name, optional, nil
}

func (w *writer) typeOf(d *declarations, expr ast.Expr) (string, error) {
	switch expr := expr.(type) {
	case *ast.Ident:
		return w.named(d, expr.Name)
	case *ast.StarExpr:
		typ, err := w.typeOf(d, expr.X)
		return typ + " | null", err
	case *ast.ArrayType:
		typ, err := w.typeOf(d, expr.Elt)
		if strings.Contains(typ, " ") {
			typ = "(" + typ + ")"
		}
		return typ + "[]", err
	case *ast.MapType:
		typ, err := w.typeOf(d, expr.Value)
		return "Record<string, " + typ + ">", err
	case *ast.SelectorExpr:
		if id, ok := expr.X.(*ast.Ident); ok {
			return w.qualified(id.Name, expr.Sel.Name)
		}
	}
	return "", fmt.Errorf("no TypeScript for a %T", expr)
}

// qualified translates a type of another package, which lies in the directory
// that it is named for if it is one of ours.
func (w *writer) qualified(pkg, name string) (string, error) {
	switch pkg + "." + name {
	case "json.RawMessage":
		return "unknown", nil
	case "time.Duration":
		return "number", nil
	case "time.Time":
		return "string", nil
	}
	d, err := w.pkg(pkg)
	if err != nil {
		return "", err
	}
	return w.named(d, name)
}

// named translates a basic type or one of the package.
func (w *writer) named(d *declarations, name string) (string, error) {
	switch name {
	case "string":
		return "string", nil
	case "bool":
		return "boolean", nil
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64":
		return "number", nil
	case "any":
		return "unknown", nil
	}
	spec := d.types[name]
	if spec == nil {
		return "", fmt.Errorf("type %s is unknown", name)
	}
	if _, ok := spec.Type.(*ast.StructType); ok {
		return w.name(d, name), w.declare(d, name)
	}
	return w.typeOf(d, spec.Type)
}
