package scim

import (
	"slices"
	"strings"
)

// path says what an operation of a PATCH is about. RFC 7644 3.5.2
type path struct {
	attr   *attribute
	filter *filter // of the values of attr, nil for all
	sub    *attribute
}

// parsePath reads a path. It is nil for what is not kept here: directories send
// by their defaults more than anybody needs.
func parsePath(list []attribute, text string) (*path, error) {
	if isIgnored(text) {
		return nil, nil
	}
	p, err := newParser(text, "invalidPath")
	if err != nil {
		return nil, err
	}
	to := &path{}
	if to.attr, to.sub, err = p.attribute(list); err != nil {
		return nil, err
	}
	if p.is("[") {
		if !to.attr.many || to.sub != nil {
			return nil, p.wrong()
		}
		if to.filter, err = p.inside("[", "]", to.attr.subs); err != nil {
			return nil, err
		}
		if name, ok := strings.CutPrefix(p.word, "."); ok {
			if to.sub = find(to.attr.subs, name); to.sub == nil {
				return nil, p.wrong()
			}
			err = p.next()
		}
	}
	if err == nil && p.word != "" {
		err = p.wrong()
	}
	return to, err
}

// isIgnored reports whether a path names an attribute that is not kept: one of
// the core schema, or any of an extension but those of the table.
func isIgnored(text string) bool {
	name := strings.ToLower(unprefixed(text))
	if strings.HasPrefix(name, "urn:") {
		urn := strings.ToLower(enterpriseSchema)
		return name != urn && !slices.ContainsFunc(find(user.attributes, enterpriseSchema).subs, func(a attribute) bool {
			return name == urn+":"+strings.ToLower(a.name)
		})
	}
	if end := strings.IndexAny(name, ".["); end >= 0 {
		name = name[:end]
	}
	return slices.Contains(ignored, name)
}
