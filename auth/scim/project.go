package scim

import (
	"net/url"
	"slices"
	"strings"
)

// projection is which attributes an answer has. RFC 7644 3.9
type projection struct {
	kind    *kind
	only    [][2]string // attribute and part, the latter empty for all
	without [][2]string
}

func projectionOf(k *kind, q url.Values) projection {
	return projection{k, names(k, q.Get("attributes")), names(k, q.Get("excludedAttributes"))}
}

// names are those of a list that exist.
func names(k *kind, list string) (found [][2]string) {
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		a, sub := find(k.attributes, name), (*attribute)(nil)
		if a == nil {
			a, sub = dotted(k.attributes, unprefixed(name))
		}
		switch {
		case a != nil && sub != nil:
			found = append(found, [2]string{a.name, sub.name})
		case a != nil:
			found = append(found, [2]string{a.name})
		}
	}
	return found
}

// has reports whether an attribute is answered at all.
func (p projection) has(name string) bool {
	if slices.Contains(p.without, [2]string{name}) {
		return false
	}
	return len(p.only) == 0 || slices.ContainsFunc(p.only, func(n [2]string) bool { return n[0] == name })
}

// of is a resource with the attributes that are asked for, and always id and
// schemas.
func (p projection) of(o object) object {
	seen := object{}
	for name, value := range o {
		switch {
		case name == "id" || name == "schemas":
			seen[name] = value
		case p.has(name):
			seen[name] = p.parts(name, value)
		}
	}
	return seen
}

// parts is a value with the parts that are asked for.
func (p projection) parts(name string, value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = p.parts(name, item)
		}
		return list
	case object:
		whole := len(p.only) == 0 || slices.Contains(p.only, [2]string{name})
		seen := object{}
		for part, value := range v {
			key := [2]string{name, part}
			if !slices.Contains(p.without, key) && (whole || slices.Contains(p.only, key)) {
				seen[part] = value
			}
		}
		return seen
	}
	return value
}
