package main

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// jsonSchema is what the tests read of a JSON Schema.
type jsonSchema struct {
	Type       any                   `json:"type"`
	Const      string                `json:"const"`
	Ref        string                `json:"$ref"`
	Required   []string              `json:"required"`
	Properties map[string]jsonSchema `json:"properties"`
	Items      *jsonSchema           `json:"items"`
	Values     *jsonSchema           `json:"additionalProperties"`
	Defs       map[string]jsonSchema `json:"$defs"`
}

func reportSchemaFile(t *testing.T) jsonSchema {
	t.Helper()
	text, err := os.ReadFile("schema/" + strings.ReplaceAll(reportSchema, "/", "-") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var s jsonSchema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema_IsThatOfTheReport(t *testing.T) {
	root := reportSchemaFile(t)
	if got := root.Properties["schema"].Const; got != reportSchema {
		t.Errorf("the schema is of %q, the program writes %q", got, reportSchema)
	}
	c := schemaCheck{t: t, defs: root.Defs, seen: map[string]bool{}}
	c.check("report", root, reflect.TypeFor[report]())
	for name := range root.Defs {
		if !c.seen["#/$defs/"+name] {
			t.Errorf("nothing refers to %s", name)
		}
	}
}

// schemaCheck holds a schema against Go types, both ways.
type schemaCheck struct {
	t    *testing.T
	defs map[string]jsonSchema
	seen map[string]bool
}

func (c schemaCheck) check(at string, s jsonSchema, typ reflect.Type) {
	c.t.Helper()
	if s.Ref != "" {
		c.seen[s.Ref] = true
		s = c.defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	if typ.Kind() == reflect.Interface {
		return // any value that encoding/json writes
	}
	if want := jsonType(typ); s.Type != want {
		c.t.Errorf("%s: type %v in the schema, %s in the report", at, s.Type, want)
		return
	}
	switch {
	case typ.Kind() == reflect.Slice:
		c.check(at+"[]", *s.Items, typ.Elem())
	case typ.Kind() == reflect.Map:
		c.check(at+"{}", *s.Values, typ.Elem())
	case typ.Kind() == reflect.Struct && s.Type == "object":
		c.checkFields(at, s, typ)
	}
}

func (c schemaCheck) checkFields(at string, s jsonSchema, typ reflect.Type) {
	c.t.Helper()
	var fields, required []string
	for f := range typ.Fields() {
		name, rest, tagged := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() {
			continue
		}
		fields = append(fields, name)
		if !tagged {
			required = append(required, name)
		}
		if p, ok := s.Properties[name]; ok {
			c.check(at+"."+name, p, f.Type)
		}
		if rest != "" && rest != "omitempty" {
			c.t.Errorf("%s.%s: the test does not know the tag %q", at, name, rest)
		}
	}
	slices.Sort(fields)
	if in := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(in, fields) {
		c.t.Errorf("%s: fields %q in the schema, %q in the report", at, in, fields)
	}
	slices.Sort(required)
	if in := slices.Sorted(slices.Values(s.Required)); !slices.Equal(in, required) {
		c.t.Errorf("%s: required %q in the schema, always written %q", at, in, required)
	}
}

// jsonType is what encoding/json makes of a type.
func jsonType(typ reflect.Type) string {
	switch {
	case typ == reflect.TypeFor[time.Time]():
		return "string"
	case typ.Kind() == reflect.Struct, typ.Kind() == reflect.Map:
		return "object"
	case typ.Kind() == reflect.Slice:
		return "array"
	case typ.Kind() == reflect.Bool:
		return "boolean"
	case typ.Kind() == reflect.String:
		return "string"
	case typ.Kind() == reflect.Float64:
		return "number"
	}
	return "integer"
}
