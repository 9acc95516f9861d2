package federation

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/internal/fault"
)

// Bounds of a document that somebody else wrote.
const (
	maxDepth   = 64
	maxObjects = 2000 // objects we make of one document, whatever its size
	maxStrings = 5000 // entries of one list of addresses
)

// reader walks JSON that encoding/json has already found valid, so it need
// not look for errors, and it makes of each value what the field wants. One
// pass and no intermediate tree: this runs for every activity that arrives.
type reader struct {
	data    []byte
	pos     int
	objects int // made so far
	full    bool
}

// newReader checks all that a walk relies on.
func newReader(raw []byte) (*reader, error) {
	if !utf8.Valid(raw) {
		return nil, fault.New(fault.BadRequest, "The document is not valid UTF-8")
	}
	if !shallow(raw) {
		return nil, fault.New(fault.BadRequest, "The document is nested too deeply")
	}
	if !json.Valid(raw) {
		return nil, fault.New(fault.BadRequest, "The document is not valid JSON")
	}
	return &reader{data: raw}, nil
}

// shallow counts brackets outside strings.
func shallow(raw []byte) bool {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i) - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return false
			}
		case '}', ']':
			depth--
		}
	}
	return true
}

// stringEnd is the position after the string that begins at i.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// peek skips white space and separators and is the first byte of what comes.
func (r *reader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// members calls each for every member of the object that comes. Each must
// read or skip exactly one value.
func (r *reader) members(each func(key string)) {
	if r.peek() != '{' {
		r.skip()
		return
	}
	for r.pos++; r.peek() == '"'; {
		each(r.key())
	}
	r.pos++
}

// elements calls each for every element of the array that comes, or once for
// a value that is no array. Nested arrays are flattened, null is nothing.
func (r *reader) elements(each func()) {
	switch r.peek() {
	case '[':
		r.pos++
		for c := r.peek(); c != ']' && c != 0; c = r.peek() {
			r.elements(each)
		}
		r.pos++
	case 'n':
		r.skip()
	default:
		each()
	}
}

// key reads a member's name. What JSON-LD calls by another name has here the
// one that almost everybody writes.
func (r *reader) key() string {
	start := r.pos
	r.pos = stringEnd(r.data, start)
	key := unquote(r.data[start:r.pos])
	switch {
	case key == "@id":
		return "id"
	case key == "@type":
		return "type"
	case strings.HasPrefix(key, "as:"), strings.HasPrefix(key, "toot:"), strings.HasPrefix(key, "schema:"):
		return key[strings.IndexByte(key, ':')+1:]
	}
	return key
}

func (r *reader) skip() {
	switch r.peek() {
	case '"':
		r.pos = stringEnd(r.data, r.pos)
	case '{', '[':
		r.skipBrackets()
	default:
		r.skipWord()
	}
}

func (r *reader) skipBrackets() {
	for depth := 0; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case '"':
			r.pos = stringEnd(r.data, r.pos) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				r.pos++
				return
			}
		}
	}
}

// skipWord passes over a number, a truth value or null.
func (r *reader) skipWord() {
	for ; r.pos < len(r.data); r.pos++ {
		switch r.data[r.pos] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return
		}
	}
}

// raw is the bytes of the value that comes.
func (r *reader) raw() []byte {
	r.peek()
	start := r.pos
	r.skip()
	return r.data[start:r.pos:r.pos]
}

// text reads a string. Numbers and truth values are taken as they are
// written; of an array the first string; of an object its @value.
func (r *reader) text() string {
	switch r.peek() {
	case '"':
		return unquote(r.raw())
	case '[':
		first := ""
		r.elements(func() {
			if s := r.text(); first == "" {
				first = s
			}
		})
		return first
	case '{':
		return r.value()
	case 'n':
		r.skip()
		return ""
	default:
		return string(r.raw())
	}
}

// value reads a JSON-LD value object.
func (r *reader) value() (s string) {
	r.members(func(key string) {
		if key == "@value" && r.peek() == '"' {
			s = r.text()
		} else {
			r.skip()
		}
	})
	return s
}

// unquote decodes a string literal. NUL goes, because no database of ours
// keeps it.
func unquote(lit []byte) string {
	inner := lit[1 : len(lit)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if json.Unmarshal(lit, &s) != nil {
		return ""
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// ref reads what points to something: a string, or an object with an id or,
// for a Link, with an href.
func (r *reader) ref() string {
	switch r.peek() {
	case '{':
		var id, href string
		r.members(func(key string) {
			switch key {
			case "id":
				id = r.text()
			case "href":
				href = r.text()
			default:
				r.skip()
			}
		})
		if id == "" {
			return href
		}
		return id
	case '[':
		if refs := r.refs(); len(refs) > 0 {
			return refs[0]
		}
		return ""
	case '"':
		return r.text()
	default:
		r.skip()
		return ""
	}
}

func (r *reader) refs() []string {
	var out []string
	r.elements(func() {
		if s := r.ref(); s != "" && len(out) < maxStrings {
			out = append(out, s)
		}
	})
	return out
}

func (r *reader) truth() bool { return r.text() == "true" }

// number reads a count or a size. What does not fit is nothing.
func (r *reader) number() int {
	s := r.text()
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return int(n)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1<<31-1 {
		return 0
	}
	return int(f)
}
