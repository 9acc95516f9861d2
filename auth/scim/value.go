package scim

import "strings"

const (
	maxText   = 1024 // bytes of a value
	maxValues = 20   // of an attribute with several, but for members, whom the body bounds
)

// conform makes of what was sent what is kept: the attributes of the table that
// a directory may set, under the names that the table has.
func conform(list []attribute, sent object) (object, error) {
	kept := object{}
	for key, value := range sent {
		a := find(list, key)
		if a == nil || a.readOnly {
			continue
		}
		v, err := a.conform(value)
		if err != nil {
			return nil, err
		}
		if v != nil {
			kept[a.name] = v
		}
	}
	return kept, nil
}

// conform is a value of the attribute, and nil for none.
func (a *attribute) conform(value any) (any, error) {
	if !a.many || value == nil {
		return a.one(value)
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) > maxValues && a.name != "members" {
		return nil, bad("invalidValue", "%s has more than %d values", a.name, maxValues)
	}
	var kept []any
	for _, item := range items {
		v, err := a.one(item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			kept = append(kept, v)
		}
	}
	if kept == nil {
		return nil, nil
	}
	return kept, nil
}

// one is a single value. Entra ID writes booleans as text, and some write the
// value of a part for the whole of it.
func (a *attribute) one(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if a.kind == "boolean" && (strings.EqualFold(v, "true") || strings.EqualFold(v, "false")) {
			return strings.EqualFold(v, "true"), nil
		}
		if a.kind == "complex" && find(a.subs, "value") != nil {
			return a.one(object{"value": v})
		}
		if a.kind == "complex" || a.kind == "boolean" {
			break
		}
		if len(v) > maxText || strings.ContainsRune(v, 0) {
			return nil, bad("invalidValue", "%s is longer than %d bytes, or no text", a.name, maxText)
		}
		return v, nil
	case bool:
		if a.kind == "boolean" {
			return v, nil
		}
	case object:
		if a.kind != "complex" {
			break
		}
		kept, err := conform(a.subs, v)
		if err != nil || len(kept) == 0 {
			return nil, err
		}
		return kept, nil
	}
	return nil, bad("invalidValue", "%s has to be a %s", a.name, a.kind)
}

// isEmpty reports whether a value is as good as none. RFC 7643 2.5
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return false
}

// text is a string inside an object, empty for none.
func text(o object, names ...string) string {
	for _, name := range names[:len(names)-1] {
		o, _ = o[name].(object)
	}
	s, _ := o[names[len(names)-1]].(string)
	return s
}

// values are the objects of an attribute with several.
func values(o object, name string) (list []object) {
	items, _ := o[name].([]any)
	for _, item := range items {
		if v, ok := item.(object); ok {
			list = append(list, v)
		}
	}
	return list
}
