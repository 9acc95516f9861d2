package scim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// filter is an expression of RFC 7644 3.4.2.2.
type filter struct {
	op    string // and, or, not, [], pr, or one of comparisons
	attr  *attribute
	sub   *attribute // of attr, nil for attr itself
	value any        // string, bool or nil
	kids  []*filter
}

const (
	maxFilter = 4096
	maxDepth  = 32
)

// parser reads a filter or a path word by word.
type parser struct {
	rest  string
	word  string // the next; a text with its first quote, empty at the end
	depth int
	kind  string // of the error: invalidFilter, invalidPath
}

// parseFilter reads a filter over attributes.
func parseFilter(list []attribute, text string) (*filter, error) {
	p, err := newParser(text, "invalidFilter")
	if err != nil {
		return nil, err
	}
	f, err := p.or(list)
	if err == nil && p.word != "" {
		err = p.wrong()
	}
	return f, err
}

func newParser(text, kind string) (*parser, error) {
	p := &parser{rest: text, kind: kind}
	if len(text) > maxFilter || !utf8.ValidString(text) {
		return nil, bad(kind, "It is longer than %d bytes, or no text", maxFilter)
	}
	return p, p.next()
}

func (p *parser) wrong() error {
	if p.word == "" {
		return bad(p.kind, "It ends too early")
	}
	return bad(p.kind, "It cannot be read from %q on", p.word)
}

// next goes to the next word.
func (p *parser) next() error {
	p.rest = strings.TrimLeft(p.rest, " ")
	if p.rest == "" {
		p.word = ""
		return nil
	}
	length := strings.IndexAny(p.rest, " ()[]\"")
	switch {
	case p.rest[0] == '"':
		if length = endOfText(p.rest); length < 0 {
			return bad(p.kind, "A text in it does not end")
		}
	case length == 0:
		length = 1
	case length < 0:
		length = len(p.rest)
	}
	p.word, p.rest = p.rest[:length], p.rest[length:]
	return nil
}

// endOfText is where a text in quotes is over.
func endOfText(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func (p *parser) is(word string) bool { return strings.EqualFold(p.word, word) }

// take goes on behind a word that has to be there.
func (p *parser) take(word string) error {
	if !p.is(word) {
		return p.wrong()
	}
	return p.next()
}

func (p *parser) or(list []attribute) (*filter, error) { return p.chain("or", list, p.and) }

func (p *parser) and(list []attribute) (*filter, error) { return p.chain("and", list, p.term) }

// chain reads expressions with the same word between them.
func (p *parser) chain(op string, list []attribute, read func([]attribute) (*filter, error)) (*filter, error) {
	first, err := read(list)
	if err != nil || !p.is(op) {
		return first, err
	}
	all := &filter{op: op, kids: []*filter{first}}
	for p.is(op) {
		if err := p.next(); err != nil {
			return nil, err
		}
		f, err := read(list)
		if err != nil {
			return nil, err
		}
		all.kids = append(all.kids, f)
	}
	return all, nil
}

func (p *parser) term(list []attribute) (*filter, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, bad(p.kind, "It has more than %d parentheses", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.is("not"):
		if err := p.next(); err != nil {
			return nil, err
		}
		f, err := p.inside("(", ")", list)
		return &filter{op: "not", kids: []*filter{f}}, err
	case p.is("("):
		return p.inside("(", ")", list)
	}
	return p.comparison(list)
}

func (p *parser) inside(open, shut string, list []attribute) (*filter, error) {
	if err := p.take(open); err != nil {
		return nil, err
	}
	f, err := p.or(list)
	if err != nil {
		return nil, err
	}
	return f, p.take(shut)
}

// comparison reads one attribute with what is asked of it. With Entra ID a
// comparison may follow what stands in brackets: emails[type eq "work"].value eq "x".
func (p *parser) comparison(list []attribute) (*filter, error) {
	f := &filter{}
	var err error
	if f.attr, f.sub, err = p.attribute(list); err != nil {
		return nil, err
	}
	if !p.is("[") {
		return f, p.operator(f)
	}
	within, err := p.inside("[", "]", f.attr.subs)
	if err != nil {
		return nil, err
	}
	has := &filter{op: "[]", attr: f.attr, kids: []*filter{within}}
	if name, ok := strings.CutPrefix(p.word, "."); ok {
		also := &filter{attr: find(f.attr.subs, name)}
		if also.attr == nil {
			return nil, p.wrong()
		}
		if err := p.next(); err != nil {
			return nil, err
		}
		has.kids = []*filter{{op: "and", kids: []*filter{within, also}}}
		err = p.operator(also)
	}
	return has, err
}

func (p *parser) operator(f *filter) error {
	f.op = strings.ToLower(p.word)
	if err := p.next(); err != nil || f.op == "pr" {
		return err
	}
	if comparisons[f.op] == nil {
		return bad(p.kind, "%q is no operator", f.op)
	}
	if strings.ContainsAny(p.word, "()[]") || p.word == "" || json.Unmarshal([]byte(strings.ToLower(p.word)), &f.value) != nil {
		return p.wrong()
	}
	_ = json.Unmarshal([]byte(p.word), &f.value) // a text keeps its capitals
	if text, ok := f.value.(string); ok && strings.ContainsRune(text, 0) {
		return bad(p.kind, "A text in it holds what is no text")
	}
	return p.next()
}

// attribute reads which attribute is meant: name, name.sub, or either behind
// the URN of a schema.
func (p *parser) attribute(list []attribute) (a, sub *attribute, err error) {
	name := p.word
	if a = find(list, name); a == nil { // the URN of an extension is an attribute, and has dots
		a, sub = dotted(list, unprefixed(name))
	}
	if a == nil {
		return nil, nil, bad(p.kind, "There is no attribute %q", name)
	}
	return a, sub, p.next()
}

// unprefixed is a path without the URN of a core schema, which may stand before it.
func unprefixed(path string) string {
	for _, urn := range []string{userSchema, groupSchema} {
		if len(path) > len(urn) && path[len(urn)] == ':' && strings.EqualFold(path[:len(urn)], urn) {
			return path[len(urn)+1:]
		}
	}
	return path
}

func dotted(list []attribute, path string) (a, sub *attribute) {
	cut := strings.LastIndexAny(path, ".:")
	if cut < 0 {
		return find(list, path), nil
	}
	if a = find(list, path[:cut]); a != nil {
		sub = find(a.subs, path[cut+1:])
	}
	if sub == nil {
		return nil, nil
	}
	return a, sub
}
