package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// maxOperations bounds one PATCH.
const maxOperations = 1000

// operation is one change of a PATCH.
type operation struct {
	op    string
	path  string
	value any
}

// operations are those of a request. The names of a PATCH are read in whatever
// letters, as Entra ID writes Add, Replace and Remove.
func operations(body object) ([]operation, error) {
	items, _ := lookup(body, "Operations").([]any)
	if len(items) == 0 {
		return nil, bad("invalidSyntax", "There are no Operations")
	}
	if len(items) > maxOperations {
		return nil, bad("tooMany", "There are more than %d Operations", maxOperations)
	}
	var list []operation
	for _, item := range items {
		o, _ := item.(object)
		op, _ := lookup(o, "op").(string)
		path, isText := lookup(o, "path").(string)
		if op = strings.ToLower(op); !slices.Contains([]string{"add", "replace", "remove"}, op) {
			return nil, bad("invalidSyntax", "op has to be add, replace or remove")
		}
		if lookup(o, "path") != nil && !isText {
			return nil, bad("invalidPath", "path has to be a text")
		}
		list = append(list, operation{op, path, lookup(o, "value")})
	}
	return list, nil
}

func lookup(o object, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	for key, v := range o {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// apply carries an operation out on a resource.
func (op operation) apply(list []attribute, o object) error {
	if op.path == "" {
		return op.applyAll(list, o)
	}
	to, err := parsePath(list, op.path)
	if to == nil || err != nil {
		return err
	}
	switch {
	case to.attr.readOnly || to.sub != nil && to.sub.readOnly:
		return bad("mutability", "%s is not for a directory to change", op.path)
	case op.op == "remove" && (to.attr.required || to.attr.name == "active"):
		return bad("mutability", "%s cannot be taken away", op.path)
	case op.op != "remove" && op.value == nil:
		op.op = "remove" // null is no value, RFC 7643 2.5
		if to.attr.required || to.attr.name == "active" {
			return bad("invalidValue", "%s needs a value", op.path)
		}
	}
	if to.attr.many {
		return op.applyMany(to, o)
	}
	return op.applyOne(to, o)
}

// applyAll is for an operation whose value has an attribute for each path. What
// is not for a directory to change comes along with the rest, as Okta sends id.
func (op operation) applyAll(list []attribute, o object) error {
	if op.op == "remove" {
		return bad("noTarget", "A remove needs a path")
	}
	value, ok := op.value.(object)
	if !ok {
		return bad("invalidValue", "Without a path, value has to be an object")
	}
	for _, key := range slices.Sorted(maps.Keys(value)) {
		a := find(list, key)
		if a != nil && a.readOnly || a == nil && isUnknown(list, key) {
			continue
		}
		if err := (operation{op.op, key, value[key]}).apply(list, o); err != nil {
			return err
		}
	}
	return nil
}

// isUnknown reports whether a key of a value names nothing that we know, which
// counts no more than in a whole resource.
func isUnknown(list []attribute, key string) bool {
	_, err := parsePath(list, key)
	return err != nil
}

func (op operation) applyOne(to *path, o object) error {
	target, a := o, to.attr
	if to.sub != nil {
		part, ok := o[a.name].(object)
		if !ok {
			part = object{}
		}
		target, a = part, to.sub
	}
	if op.op == "remove" {
		delete(target, a.name)
	} else {
		v, err := a.conform(op.value)
		if err != nil {
			return err
		}
		if parts, ok := target[a.name].(object); ok && a.kind == "complex" {
			added, _ := v.(object)
			maps.Copy(parts, added) // what is not said of stays, RFC 7644 3.5.2.3
			v = parts
		}
		if v != nil {
			target[a.name] = v
		}
	}
	if to.sub != nil {
		o[to.attr.name] = target
	}
	return nil
}

func (op operation) applyMany(to *path, o object) error {
	if to.filter != nil || to.sub != nil {
		return op.applySome(to, o)
	}
	before, _ := o[to.attr.name].([]any)
	v, err := to.attr.conform(op.value)
	if err != nil {
		return err
	}
	given, _ := v.([]any)
	switch op.op {
	case "replace":
		o[to.attr.name] = merged(nil, given)
	case "add":
		o[to.attr.name] = merged(before, given)
	case "remove":
		// Entra ID names whom it removes by a value beside the path.
		gone := map[string]bool{}
		for _, item := range given {
			gone[valueOf(item)] = true
		}
		o[to.attr.name] = slices.DeleteFunc(before, func(item any) bool { return given == nil || gone[valueOf(item)] })
	}
	return nil
}

// merged are values with others added: the same one is there once, and the last
// that is primary is the only one. RFC 7644 3.5.2.1
func merged(before, added []any) []any {
	at := map[string]int{}
	var all []any
	for _, item := range slices.Concat(before, added) {
		key := valueOf(item)
		if i, known := at[key]; known {
			all[i] = item
		} else {
			at[key] = len(all)
			all = append(all, item)
		}
	}
	primary := -1
	for i, item := range all {
		if o, _ := item.(object); o["primary"] == true {
			if primary >= 0 {
				delete(all[primary].(object), "primary")
			}
			primary = i
		}
	}
	return all
}

// valueOf is by what a value is known: of an address, its kind too.
func valueOf(item any) string {
	o, _ := item.(object)
	return text(o, "value") + "\n" + text(o, "type")
}

// applySome changes the values that the filter of a path selects.
func (op operation) applySome(to *path, o object) error {
	var rest []any
	found := false
	for _, part := range values(o, to.attr.name) {
		if to.filter != nil && !to.filter.matches(part) {
			rest = append(rest, part)
			continue
		}
		found = true
		if op.op == "remove" && to.sub == nil {
			continue
		}
		if err := op.applyPart(to, part); err != nil {
			return err
		}
		rest = append(rest, part)
	}
	if !found && op.op == "replace" {
		return bad("noTarget", "%s is about nothing that is there", op.path)
	}
	if !found && op.op == "add" {
		part, err := to.asked()
		if err != nil {
			return err
		}
		if err := op.applyPart(to, part); err != nil {
			return err
		}
		rest = append(rest, part)
	}
	o[to.attr.name] = rest
	return nil
}

// asked is a new value of which holds what the filter asks for.
func (to *path) asked() (object, error) {
	part := object{}
	if to.filter == nil {
		return part, nil
	}
	for _, term := range to.filter.equalities() {
		v, err := term.attr.one(term.value)
		if err != nil {
			return nil, err
		}
		if v != nil {
			part[term.attr.name] = v
		}
	}
	return part, nil
}

// applyPart changes one value of several.
func (op operation) applyPart(to *path, part object) error {
	if to.sub != nil {
		return op.applyOne(&path{attr: to.sub}, part)
	}
	v, err := to.attr.one(op.value)
	if err != nil {
		return err
	}
	said, _ := v.(object)
	maps.Copy(part, said)
	return nil
}

// copied is a resource that can be changed while the other is kept.
func copied(o object) object {
	text, _ := json.Marshal(o) // it came as JSON
	var c object
	_ = json.Unmarshal(text, &c)
	return c
}
