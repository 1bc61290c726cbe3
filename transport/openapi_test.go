package transport

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// apiDocument is as much of openapi.yaml as the tests look at.
type apiDocument struct {
	OpenAPI    string
	Paths      map[string]map[string]apiOperation
	Components struct {
		Responses       map[string]apiResponse
		Schemas         map[string]*apiSchema
		SecuritySchemes map[string]any `yaml:"securitySchemes"`
	}
}

type apiOperation struct {
	Tags        []string
	OperationID string `yaml:"operationId"`
	Summary     string
	Security    []map[string][]string
	Parameters  []struct{ Name, In string }
	RequestBody *struct{ Content map[string]any } `yaml:"requestBody"`
	Responses   map[string]apiResponse
}

type apiResponse struct {
	Ref     string `yaml:"$ref"`
	Content map[string]struct{ Schema *apiSchema }
}

// apiSchema is the part of JSON Schema that openapi.yaml uses for answers.
type apiSchema struct {
	Ref        string `yaml:"$ref"`
	Type       string
	Required   []string
	Properties map[string]*apiSchema
	Items      *apiSchema
}

func readAPI(t *testing.T) *apiDocument {
	t.Helper()
	var doc apiDocument
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		t.Fatal(err)
	}
	return &doc
}

func (d *apiDocument) response(t *testing.T, r apiResponse) apiResponse {
	t.Helper()
	if r.Ref == "" {
		return r
	}
	found, ok := d.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
	if !ok {
		t.Fatalf("no such response: %s", r.Ref)
	}
	return found
}

// matches reports where a JSON value is not what the schema says. Unlike JSON
// Schema it refuses properties that the document does not name.
func (d *apiDocument) matches(s *apiSchema, v any) error {
	if s.Ref != "" {
		found, ok := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if !ok {
			return fmt.Errorf("no such schema: %s", s.Ref)
		}
		return d.matches(found, v)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				return fmt.Errorf("%s is missing", name)
			}
		}
		for name, member := range v {
			of, ok := s.Properties[name]
			if !ok {
				return fmt.Errorf("%s is not documented", name)
			}
			if err := d.matches(of, member); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return ofType(s, "object")
	case []any:
		for _, item := range v {
			if err := d.matches(s.Items, item); err != nil {
				return err
			}
		}
		return ofType(s, "array")
	case string:
		return ofType(s, "string")
	case bool:
		return ofType(s, "boolean")
	case float64:
		return ofType(s, "number", "integer")
	}
	return fmt.Errorf("unexpected %T", v)
}

func ofType(s *apiSchema, types ...string) error {
	if !slices.Contains(types, s.Type) {
		return fmt.Errorf("is %v, documented as %q", types, s.Type)
	}
	return nil
}

// The table and the document name the same routes, on the same listeners, with
// the same need of credentials.
func TestOpenAPI_NamesEveryRoute(t *testing.T) {
	doc := readAPI(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %q", doc.OpenAPI)
	}
	documented := make(map[string]bool)
	ids := make(map[string]string)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			at := strings.ToUpper(method) + " " + path
			documented[at] = true
			if op.OperationID == "" || ids[op.OperationID] != "" || op.Summary == "" {
				t.Errorf("%s: operationId %q, summary %q", at, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = at
			for _, alternatives := range op.Security {
				for name := range alternatives {
					if doc.Components.SecuritySchemes[name] == nil {
						t.Errorf("%s: no such security scheme: %s", at, name)
					}
				}
			}
			_, param, has := strings.Cut(path, "{")
			param, _, _ = strings.Cut(param, "}")
			if has && !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == param && p.In == "path" }) {
				t.Errorf("%s: the parameter %q is not described", at, param)
			}
		}
	}
	for _, r := range slices.Concat(routes, mercureRoutes) {
		at := r.method + " " + r.path
		op, ok := doc.Paths[r.path][strings.ToLower(r.method)]
		if !ok {
			t.Errorf("%s is not documented", at)
			continue
		}
		delete(documented, at)
		if got := slices.Contains(op.Tags, "public"); got != (r.on&public != 0) {
			t.Errorf("%s: documented as public: %v", at, got)
		}
		if got := slices.Contains(op.Tags, "internal"); got != (r.on&internal != 0) {
			t.Errorf("%s: documented as internal: %v", at, got)
		}
		if r.scope != "" && (len(op.Security) != 2 || op.Security[0]["apiKey"] == nil || op.Security[1]["bearer"] == nil) {
			t.Errorf("%s needs the scope %s, but the document says %v", at, r.scope, op.Security)
		}
	}
	for at := range documented {
		t.Errorf("%s is documented, but there is no such route", at)
	}
}

// Every documented answer can be had, looks as documented, and no other one was
// needed to have it.
func TestOpenAPI_EveryAnswer(t *testing.T) {
	doc := readAPI(t)
	answers := collectAnswers(t)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			for status, documented := range op.Responses {
				at := strings.ToUpper(method) + " " + path + " " + status
				ask, ok := answers[at]
				if !ok {
					t.Errorf("no test asks for %s", at)
					continue
				}
				delete(answers, at)
				t.Run(at, func(t *testing.T) { doc.checkAnswer(t, doc.response(t, documented), status, ask()) })
			}
		}
	}
	for _, at := range slices.Sorted(maps.Keys(answers)) {
		t.Errorf("%s is not documented", at)
	}
}

func (d *apiDocument) checkAnswer(t *testing.T, documented apiResponse, status string, got *response) {
	t.Helper()
	if strconv.Itoa(got.status()) != status {
		t.Fatalf("got %d %s", got.status(), got.body)
	}
	mediaType, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	content, ok := documented.Content[mediaType]
	if err != nil || !ok {
		t.Fatalf("content type %q is not documented", got.Header.Get("Content-Type"))
	}
	if mediaType != "application/json" {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatal(err)
	}
	if err := d.matches(content.Schema, v); err != nil {
		t.Errorf("%s: %v", got.body, err)
	}
}
