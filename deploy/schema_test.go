package deploy

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schema checks values by the part of JSON Schema (draft 7) that the chart's
// schema is written in. A keyword that it does not know is an error, so that
// none is passed over.
type schema struct{ root map[string]any }

func chartSchema(t *testing.T) *schema {
	t.Helper()
	s := &schema{}
	if err := json.Unmarshal([]byte(readFile(t, chartDir+"/values.schema.json")), &s.root); err != nil {
		t.Fatal(err)
	}
	return s
}

// check returns the first thing that is wrong with the values.
func (s *schema) check(values any) error {
	text, err := json.Marshal(values) // numbers become what JSON has
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	return s.at("values", s.root, plain)
}

func (s *schema) at(where string, rule map[string]any, v any) error {
	for keyword, want := range rule {
		if err := s.keyword(where, rule, keyword, want, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *schema) keyword(where string, rule map[string]any, keyword string, want, v any) error {
	object, _ := v.(map[string]any)
	text, isText := v.(string)
	number, isNumber := v.(float64)
	ok := true
	switch keyword {
	case "$schema", "title", "definitions":
	case "$ref":
		name := strings.TrimPrefix(want.(string), "#/definitions/")
		return s.at(where, s.root["definitions"].(map[string]any)[name].(map[string]any), v)
	case "type":
		ok = hasType(want, v)
	case "enum":
		ok = slices.ContainsFunc(want.([]any), func(one any) bool { return reflect.DeepEqual(one, v) })
	case "pattern":
		ok = !isText || regexp.MustCompile(want.(string)).MatchString(text)
	case "minLength":
		ok = !isText || len(text) >= int(want.(float64))
	case "minimum":
		ok = !isNumber || number >= want.(float64)
	case "maximum":
		ok = !isNumber || number <= want.(float64)
	case "required":
		for _, name := range want.([]any) {
			if _, there := object[name.(string)]; object != nil && !there {
				return fmt.Errorf("%s lacks %s", where, name)
			}
		}
	case "propertyNames":
		for _, name := range keysOf(object) {
			if err := s.at(where+"'s key "+name, want.(map[string]any), name); err != nil {
				return err
			}
		}
	case "properties":
		for name, one := range want.(map[string]any) {
			if value, there := object[name]; there {
				if err := s.at(where+"."+name, one.(map[string]any), value); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		return s.additional(where, rule, want, object)
	default:
		return fmt.Errorf("keyword %s is not known", keyword)
	}
	if !ok {
		return fmt.Errorf("%s is %v: %s is %v", where, v, keyword, want)
	}
	return nil
}

// additional checks the properties that have no rule of their own.
func (s *schema) additional(where string, rule map[string]any, want any, object map[string]any) error {
	named, _ := rule["properties"].(map[string]any)
	for _, name := range keysOf(object) {
		if _, there := named[name]; there {
			continue
		}
		if want == false {
			return fmt.Errorf("%s has %s, which is not known", where, name)
		}
		if one, is := want.(map[string]any); is {
			if err := s.at(where+"."+name, one, object[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasType(want, v any) bool {
	if several, is := want.([]any); is {
		return slices.ContainsFunc(several, func(one any) bool { return hasType(one, v) })
	}
	switch v := v.(type) {
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case map[string]any:
		return want == "object"
	case []any:
		return want == "array"
	case float64:
		return want == "number" || (want == "integer" && v == math.Trunc(v))
	}
	return false
}
