package search

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// Query is what somebody typed into a search box, taken apart.
//
// Words are found whole, whatever their case and accents, and all of them must
// be there; word* finds what begins like it, "some words" a phrase, #tag a
// hashtag. Beside words there are, as on Mastodon:
//
//	from:me  from:@bob@host
//	has:  is:       media image video audio poll link quote reply sensitive edited
//	in:             library (what one has had to do with), public, all
//	language:       de
//	before: after: during:  2026, 2026-11, 2026-11-27 or a time, in UTC
//
// A minus before any of these turns it round.
type Query struct {
	store.PostQuery
	Plain string // what is left without operators

	from []author
}

// author is somebody whom from: names: me, or a handle.
type author struct {
	handle string
	not    bool
}

// term is one piece of a query: maybe a minus, maybe an operator, and what is
// asked for, in quotes or up to the next blank. People type round quotes, too.
var term = regexp.MustCompile(`([-+]?)(?:([a-zA-Z]+):)?(?:["“”„]([^"“”„]*)["“”„]?|(\S+))`)

// Parse reads a query.
func Parse(text string) Query {
	var q Query
	var plain []string
	for _, m := range term.FindAllStringSubmatch(text, -1) {
		not, operator, quoted, said := m[1] == "-", strings.ToLower(m[2]), m[3] != "", m[3]+m[4]
		if apply, known := operators[operator]; known && operator != "" {
			apply(&q, said, not)
			continue
		}
		plain = append(plain, m[0])
		if operator != "" {
			said = m[2] + ":" + said
		}
		q.say(said, not, quoted)
	}
	q.Plain = strings.Join(plain, " ")
	return q
}

// Empty reports whether nothing is asked of posts.
func (q Query) Empty() bool {
	return len(q.Clauses)+len(q.Spans)+len(q.from) == 0 && !q.Library && !q.NotLibrary
}

// Authors settles whom from: names, as find knows them by their handles.
func (q *Query) Authors(me int64, find func(handle string) (*store.Actor, error)) error {
	for _, a := range q.from {
		id := me
		if !strings.EqualFold(a.handle, "me") {
			actor, err := find(a.handle)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if id = 0; err == nil {
				id = actor.ID
			}
		}
		q.fact(by(id), a.not)
	}
	q.from = nil
	return nil
}

// Of has the posts be by the actor.
func (q *Query) Of(actor int64) { q.fact(by(actor), false) }

// say asks for words, or for a hashtag.
func (q *Query) say(text string, not, quoted bool) {
	if strings.HasPrefix(text, "#") && !quoted {
		var d document
		d.mark(tag, strings.TrimLeft(text, "#"))
		q.Clauses = append(q.Clauses, store.Clause{Words: d, Not: not})
		return
	}
	words, prefix := wanted(text)
	if len(words) > 0 {
		q.Clauses = append(q.Clauses, store.Clause{Words: words, Prefix: prefix || !quoted && strings.HasSuffix(text, "*"), Not: not})
	}
}

func (q *Query) fact(name string, not bool) {
	var d document
	d.fact(true, name)
	q.Clauses = append(q.Clauses, store.Clause{Words: d, Not: not})
}

// operators are what stands before a colon.
var operators = map[string]func(q *Query, said string, not bool){
	"from": func(q *Query, said string, not bool) { q.from = append(q.from, author{said, not}) },
	"has":  property,
	"is":   property,
	"in":   place,
	"language": func(q *Query, said string, not bool) {
		q.fact(lang(said), not)
	},
	"before": func(q *Query, said string, not bool) {
		q.when(said, not, func(s *store.Span) { s.From, s.To = 0, s.From })
	},
	"after": func(q *Query, said string, not bool) {
		q.when(said, not, func(s *store.Span) { s.From, s.To = s.To, never })
	},
	"during": func(q *Query, said string, not bool) { q.when(said, not, func(*store.Span) {}) },
}

// properties are what has: and is: know, beside their plurals.
var properties = []string{"media", "image", "video", "audio", "poll", "link", "embed", "quote", "reply", "sensitive", "edited"}

func property(q *Query, said string, not bool) {
	said = strings.ToLower(said)
	if name := strings.TrimSuffix(said, "s"); slices.Contains(properties, name) {
		said = name
	}
	if !slices.Contains(properties, said) {
		said = "nothing"
	}
	q.fact(said, not)
}

func place(q *Query, said string, not bool) {
	switch strings.ToLower(said) {
	case "library":
		q.Library, q.NotLibrary = q.Library || !not, q.NotLibrary || not
	case "public":
		q.fact(string(store.Public), not)
	case "all":
		if not {
			q.fact("nothing", false)
		}
	default:
		q.fact("nothing", not)
	}
}

// never is an id that nothing will have.
const never = int64(1) << 62

// when bounds the time of posts: to what fit makes of the span of time that is
// said.
func (q *Query) when(said string, not bool, fit func(*store.Span)) {
	from, to, ok := spanOf(said)
	if !ok {
		q.fact("nothing", false)
		return
	}
	s := store.Span{From: idAt(from), To: idAt(to), Not: not}
	fit(&s)
	q.Spans = append(q.Spans, s)
}

// idAt is the least id of the time, never for one that is too far off.
func idAt(t time.Time) int64 { return min(max(t.UnixMilli(), 0), never>>16) << 16 }

// spanOf is the year, the month, the day or the moment that is said.
func spanOf(said string) (from, to time.Time, ok bool) {
	for _, l := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if t, err := time.Parse(l.layout, said); err == nil {
			return t, t.AddDate(l.years, l.months, l.days), true
		}
	}
	t, err := time.Parse(time.RFC3339, said)
	return t, t.Add(time.Millisecond), err == nil
}
