package store

import (
	"fmt"
	"strings"
)

// era is a length of time, as the number of low bits that it takes off an id.
//
// PostgreSQL's index of words knows no order: to find the newest posts with a
// word it would read them all. So each post is also filed under the eras that
// it is of, and is looked for in the last ones first, then in longer ones before
// those, and at last in all that is older. Where that is only begun when it is
// needed, a page costs about as much however much there is.
type era int

// eras are about 18 hours, six days and seven weeks.
var eras = []era{42, 45, 48}

// word files what is of the n-th era of the length.
func (e era) word(n int64) string { return fmt.Sprintf("=era:%d:%d", e, n) }

// stretch is a part of what there is to look through, from low on and below
// high, and the eras that it lies in, none for a part that may be any length.
type stretch struct {
	low, high int64
	eras      []string
}

// stretches are all between the ids, newest first or with up oldest first.
func stretches(low, high int64, up bool) []stretch {
	var all []stretch
	for _, e := range eras {
		s := stretch{low: low, high: high}
		if up {
			n := low >> e
			s.high, s.eras = min((n+2)<<e, high), []string{e.word(n), e.word(n + 1)}
			low = s.high
		} else {
			n := (high - 1) >> e
			s.low, s.eras = max((n-1)<<e, low), []string{e.word(n), e.word(n - 1)}
			high = s.low
		}
		all = append(all, s)
	}
	return append(all, stretch{low: low, high: high})
}

// byEra is a query for the ids of posts with the words, one part for each
// stretch. PostgreSQL begins a part when those before were not enough. It must
// not be led by the bounds, which would have it read every post between them:
// hence the + 0.
func byEra(words string, low, high int64, up bool) condition {
	order := "DESC"
	if up {
		order = "ASC"
	}
	var parts []string
	var args []any
	for _, s := range stretches(low, high, up) {
		match := words
		if len(s.eras) > 0 {
			match += " & ('" + strings.Join(s.eras, "' | '") + "')"
		}
		parts = append(parts, `(SELECT id FROM post_words WHERE words @@ CAST(? AS tsquery) AND id + 0 >= ? AND id + 0 < ? ORDER BY id + 0 `+order+`)`)
		args = append(args, match, s.low, s.high)
	}
	return condition{"(" + strings.Join(parts, " UNION ALL ") + ") w", args}
}
