package store

import "slices"

// Page asks for a part of a list: ids below Max, above Since or, with Min, the
// ones immediately above it. All bounds are exclusive, the answer is newest
// first. See Mastodon's "Paginating through API responses".
type Page struct {
	Max, Since, Min int64
	Limit           int
}

// bounds is the condition, the order and the limit on column.
func (p Page) bounds(column string) (where string, args []any, order string) {
	where = "1 = 1"
	if p.Max > 0 {
		where += " AND " + column + " < ?"
		args = append(args, p.Max)
	}
	if floor := max(p.Since, p.Min); floor > 0 && p.Min == 0 || p.Min > 0 {
		if p.Min > 0 {
			floor = p.Min
		}
		where += " AND " + column + " > ?"
		args = append(args, floor)
	}
	if p.Min > 0 {
		return where, args, column + " ASC"
	}
	return where, args, column + " DESC"
}

// newestFirst turns what was read upwards from Min round.
func newestFirst[T any](p Page, rows []T) []T {
	if p.Min > 0 {
		slices.Reverse(rows)
	}
	return rows
}
