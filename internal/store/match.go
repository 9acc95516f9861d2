package store

import "strings"

// Clause asks for words that stand one after the other; with Prefix the last
// may go on, with Not they must not be there.
type Clause struct {
	Words       []string
	Prefix, Not bool
}

// matchSyntax is how a database writes what words to look for.
type matchSyntax struct {
	condition        func(table string) string // with a ? for the words
	and, or, not     string
	open, next, shut string // of a phrase, and between its words
	prefix           string
}

// https://sqlite.org/fts5.html#full_text_query_syntax
var fts5 = matchSyntax{func(table string) string { return table + " MATCH ?" }, " AND ", " OR ", " NOT ", `"`, " ", `"`, `"*`}

// https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY
var tsquery = matchSyntax{func(string) string { return "words @@ CAST(? AS tsquery)" }, " & ", " | ", " & !", "('", "' <-> '", "')", "':*)"}

func (r Reader) syntax() matchSyntax {
	if r.postgres {
		return tsquery
	}
	return fts5
}

// all asks for all of the clauses. Where they only say what must not be there,
// it is taken from what has the word =: every document.
func (s matchSyntax) all(clauses []Clause) string {
	var has, not []string
	for _, c := range clauses {
		if c.Not {
			not = append(not, s.phrase(c))
		} else {
			has = append(has, s.phrase(c))
		}
	}
	if len(has) == 0 {
		has = []string{s.phrase(Clause{Words: []string{"="}})}
	}
	text := "(" + strings.Join(has, s.and) + ")"
	for _, phrase := range not {
		text = "(" + text + s.not + phrase + ")"
	}
	return text
}

func (s matchSyntax) phrase(c Clause) string {
	text := s.open + strings.Join(c.Words, s.next) + s.shut
	if !c.Prefix {
		return text
	}
	return strings.TrimSuffix(text, s.shut) + s.prefix
}
