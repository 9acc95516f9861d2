package scim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/store"
)

// comparisons are the operators, over two texts. RFC 7644 3.4.2.2
var comparisons = map[string]func(a, b string) bool{
	"eq": func(a, b string) bool { return a == b },
	"ne": func(a, b string) bool { return a != b },
	"co": strings.Contains,
	"sw": strings.HasPrefix,
	"ew": strings.HasSuffix,
	"gt": func(a, b string) bool { return a > b },
	"ge": func(a, b string) bool { return a >= b },
	"lt": func(a, b string) bool { return a < b },
	"le": func(a, b string) bool { return a <= b },
}

// matches reports whether a resource, or one value of an attribute with
// several, is what the filter asks for.
func (f *filter) matches(o object) bool {
	switch f.op {
	case "and":
		return !slices.ContainsFunc(f.kids, func(k *filter) bool { return !k.matches(o) })
	case "or":
		return slices.ContainsFunc(f.kids, func(k *filter) bool { return k.matches(o) })
	case "not":
		return !f.kids[0].matches(o)
	case "[]":
		return slices.ContainsFunc(f.parts(o), f.kids[0].matches)
	case "pr":
		return len(f.found(o)) > 0
	case "ne":
		eq := *f
		eq.op = "eq"
		return !eq.matches(o)
	}
	found := f.found(o)
	if f.value == nil {
		return f.op == "eq" && len(found) == 0
	}
	return slices.ContainsFunc(found, f.compares)
}

// parts are the values of the filter's attribute that have parts.
func (f *filter) parts(o object) []object {
	if one, ok := o[f.attr.name].(object); ok {
		return []object{one}
	}
	return values(o, f.attr.name)
}

// found are the values that are compared. Of an attribute with parts it is the
// one called value, where nothing else is said.
func (f *filter) found(o object) (list []any) {
	if f.attr.kind != "complex" {
		if v := o[f.attr.name]; v != nil {
			list = append(list, v)
		}
		return list
	}
	sub := cmp.Or(f.sub, find(f.attr.subs, "value"))
	for _, part := range f.parts(o) {
		if sub == nil {
			list = append(list, part)
		} else if v := part[sub.name]; v != nil {
			list = append(list, v)
		}
	}
	return list
}

// compared is the attribute whose values are compared.
func (f *filter) compared() *attribute {
	if f.attr.kind != "complex" {
		return f.attr
	}
	return cmp.Or(f.sub, find(f.attr.subs, "value"), f.attr)
}

func (f *filter) compares(value any) bool {
	switch v := value.(type) {
	case bool:
		wanted, ok := f.value.(bool)
		if text, is := f.value.(string); is {
			wanted, ok = strings.EqualFold(text, "true"), true
		}
		return ok && f.op == "eq" && v == wanted
	case string:
		wanted, ok := f.value.(string)
		return ok && comparisons[f.op](fold(f.compared(), v), fold(f.compared(), wanted))
	}
	return false
}

// fold is a text as texts of the attribute are compared.
func fold(a *attribute, text string) string {
	if a.kind == "dateTime" {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t.UTC().Format(stamp)
		}
	}
	if a.exact {
		return text
	}
	return strings.ToLower(text)
}

// key is by what the resources that a filter can match are found in an index:
// an equality that it cannot do without.
func (f *filter) key() (k store.SCIMKey) {
	switch f.op {
	case "and":
		for _, kid := range f.kids {
			if k = kid.key(); k != (store.SCIMKey{}) {
				break
			}
		}
	case "[]":
		for _, term := range f.kids[0].equalities() {
			if k = keyOf(f.attr, term.attr, term.value); k != (store.SCIMKey{}) {
				break
			}
		}
	case "eq":
		return keyOf(f.attr, cmp.Or(f.sub, find(f.attr.subs, "value")), f.value)
	}
	return k
}

// equalities are those that have to hold.
func (f *filter) equalities() []*filter {
	switch f.op {
	case "eq":
		return []*filter{f}
	case "and":
		var all []*filter
		for _, kid := range f.kids {
			all = append(all, kid.equalities()...)
		}
		return all
	}
	return nil
}

func keyOf(a, sub *attribute, value any) (k store.SCIMKey) {
	text, ok := value.(string)
	if !ok || text == "" || sub != nil && sub.name != "value" {
		return k
	}
	switch {
	case a.name == "id":
		k.ID = idOf(text)
	case a.name == "externalId":
		k.ExternalID = text
	case a.unique:
		k.Name = strings.ToLower(text)
	case a.name == "emails":
		k.Email = strings.ToLower(text)
	case a.name == "members":
		k.Member = idOf(text)
	}
	return k
}

// idOf is an id as it is stored, and -1, which nobody has, for what is none.
func idOf(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return -1
	}
	return id
}

// about are all terms that ask about an attribute.
func (f *filter) about(name string) (terms []*filter) {
	if f.attr != nil && f.attr.name == name {
		return []*filter{f}
	}
	for _, kid := range f.kids {
		terms = append(terms, kid.about(name)...)
	}
	return terms
}
