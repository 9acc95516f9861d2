package contract

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// paths are the path of the operation with names of what there is in place of
// its parameters: of all kinds of things to read, of a new thing to change.
func (s step) paths() []string {
	s.t.Helper()
	if prefix := longest(readable, s.path); prefix != "" && s.method == "GET" {
		var list []string
		for _, one := range readable[prefix](s.world) {
			list = append(list, fill(s.path, one))
		}
		return list
	}
	path := s.path
	if prefix := longest(made, path); prefix != "" {
		path = fill(path, made[prefix](s.world)...)
	}
	if strings.Contains(path, "{") {
		s.t.Fatalf("say in targets_test.go what stands for the parameters of %s", path)
	}
	return []string{path}
}

// longest is the longest key that a path begins with.
func longest[T any](targets map[string]T, path string) (found string) {
	for key := range targets {
		if len(key) > len(found) && strings.HasPrefix(path+"/", key+"/") {
			found = key
		}
	}
	return found
}

// fill puts values in place of the parameters of a path, in turn.
func fill(path string, values ...string) string {
	for _, v := range values {
		path = strings.Replace(path, parameter.FindString(path), url.PathEscape(v), 1)
	}
	return path
}

// queries are what may stand behind the path: only what must, and each of what
// may.
func (s step) queries() []string {
	must, may := url.Values{}, []url.Values{{}}
	for _, p := range s.op.Parameters {
		name, value := p.Value.Name, p.Value
		switch {
		case value.In != "query":
		case value.Required:
			must.Add(name, fmt.Sprint(s.example(name, value.Schema.Value)))
		default:
			may = append(may, query(name, s.example(name, value.Schema.Value)))
		}
	}
	var list []string
	for _, q := range may {
		maps.Copy(q, must)
		if len(q) > 0 {
			list = append(list, "?"+q.Encode())
		} else {
			list = append(list, "")
		}
	}
	return list
}

func query(name string, value any) url.Values {
	if items, isList := value.([]any); isList {
		q := url.Values{}
		for _, item := range items {
			q.Add(name+"[]", fmt.Sprint(item))
		}
		return q
	}
	return url.Values{name: {fmt.Sprint(value)}}
}

// bodies are what may be sent: everything, in each notation, and only what
// must be.
func (s step) bodies() []body {
	if s.op.RequestBody == nil {
		return nil
	}
	content := s.op.RequestBody.Value.Content
	if multipart := content["multipart/form-data"]; multipart != nil {
		return []body{multipartForm(s.t, s.object(multipart.Schema.Value, false)), multipartForm(s.t, s.object(multipart.Schema.Value, true))}
	}
	var list []body
	for _, kind := range kinds(content["application/json"].Schema.Value) {
		list = append(list, inJSON(s.object(kind, false)), form(s.object(kind, false)), inJSON(s.object(kind, true)))
	}
	return list
}

// kinds are the schemas of which a body has one.
func kinds(schema *openapi3.Schema) []*openapi3.Schema {
	if len(schema.OneOf) == 0 {
		return []*openapi3.Schema{schema}
	}
	var list []*openapi3.Schema
	for _, one := range schema.OneOf {
		list = append(list, one.Value)
	}
	return list
}

// object is an example of a body, with all of its properties or only those
// that must be there.
func (s step) object(schema *openapi3.Schema, least bool) object {
	o := object{}
	for _, part := range schema.AllOf {
		maps.Copy(o, s.object(part.Value, least))
	}
	for name, property := range schema.Properties {
		if value := s.example(name, property.Value); value != nil && (!least || slices.Contains(schema.Required, name) || needed[s.name()] == name) {
			o[name] = value
		}
	}
	return o
}

// example is a value for a parameter or property.
func (s step) example(name string, schema *openapi3.Schema) any {
	for _, key := range []string{s.name() + " " + name, name} {
		if value, known := values[key]; known {
			return value(s.world)
		}
	}
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is("array"):
		return []any{s.example(name+"[]", schema.Items.Value)}
	case schema.Type.Is("object"):
		return s.object(schema, false)
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("integer"):
		return 2
	}
	s.t.Fatalf("%s: say in targets_test.go what to send as %s", s.name(), name)
	return nil
}

// form writes an object as browsers do.
func form(o object) body {
	values := url.Values{}
	var add func(name string, v any)
	add = func(name string, v any) {
		switch v := v.(type) {
		case object:
			for key, inner := range v {
				add(name+"["+key+"]", inner)
			}
		case []any:
			for _, inner := range v {
				add(name+"[]", inner)
			}
		default:
			values.Add(name, fmt.Sprint(v))
		}
	}
	for key, v := range o {
		add(key, v)
	}
	return body{"application/x-www-form-urlencoded", []byte(values.Encode())}
}
