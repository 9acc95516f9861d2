package store

// Span is a stretch of ids, From included and To not; with Not all the others.
type Span struct {
	From, To int64
	Not      bool
}

// PostQuery says which posts are looked for.
type PostQuery struct {
	Clauses []Clause
	Spans   []Span
	// Library has only what the viewer wrote, was named in, favourited, boosted,
	// kept or voted in; NotLibrary all but that.
	Library, NotLibrary bool
}

// librarySQL says that the viewer has had to do with the post p.
const librarySQL = `(p.actor_id = ? OR EXISTS (SELECT 1 FROM mentions lm WHERE lm.post_id = p.id AND lm.actor_id = ?)
 OR EXISTS (SELECT 1 FROM favourites lf WHERE lf.post_id = p.id AND lf.actor_id = ?)
 OR EXISTS (SELECT 1 FROM bookmarks lb WHERE lb.post_id = p.id AND lb.actor_id = ?)
 OR EXISTS (SELECT 1 FROM posts lp WHERE lp.boost_of_id = p.id AND lp.boost_of_id <> 0 AND lp.actor_id = ? AND lp.deleted_at = 0)
 OR EXISTS (SELECT 1 FROM poll_votes lv WHERE lv.post_id = p.id AND lv.actor_id = ?))`

// searchableSQL says that the author a wants to be searched, and is not kept
// out of public timelines unless the viewer follows them.
const searchableSQL = `a.indexable AND (NOT a.limited OR EXISTS (SELECT 1 FROM follows xf WHERE xf.follower_id = ? AND xf.target_id = a.id AND xf.accepted))`

// SearchPosts are the posts that are looked for, newest first. The viewer finds
// what they may see, of those they want to hear: if the author wants to be
// searched, or else if the viewer has had to do with the post. Mastodon shows
// less, only public posts beside those; here everybody in an organisation finds
// again all that they could have read.
func (r Reader) SearchPosts(viewer int64, page Page, offset int, query PostQuery) ([]Entry, error) {
	words := r.withWords(page, query)
	return r.lines(page, offset, source{from: words, key: "w.id", post: "w.id", sorted: r.postgres}, query.found(viewer))
}

// found says of the post p by a that the viewer finds it, but for its words.
func (query PostQuery) found(viewer int64) condition {
	me := []any{viewer, viewer, viewer, viewer, viewer, viewer}
	c := sight(viewer, true)
	c.and("("+searchableSQL+" OR "+librarySQL+")", append([]any{viewer}, me...)...)
	if query.Library {
		c.and(librarySQL, me...)
	}
	if query.NotLibrary {
		c.and("NOT "+librarySQL, me...)
	}
	for _, s := range query.Spans {
		if s.Not {
			c.and("(p.id < ? OR p.id >= ?)", s.From, s.To)
		} else {
			c.and("p.id >= ? AND p.id < ?", s.From, s.To)
		}
	}
	return c
}

// withWords is a query for the ids of posts with the words, on PostgreSQL in
// the order of the page.
func (r Reader) withWords(page Page, query PostQuery) condition {
	low, high := page.Since, NewID()
	if page.Min > 0 {
		low = page.Min
	}
	if page.Max > 0 {
		high = min(high, page.Max)
	}
	for _, s := range query.Spans {
		if !s.Not {
			low, high = max(low, s.From), min(high, s.To)
		}
	}
	if r.postgres {
		return byEra(r.syntax().all(query.Clauses), low, high, page.Min > 0)
	}
	return condition{`(SELECT rowid AS id FROM post_words WHERE post_words MATCH ? AND rowid >= ? AND rowid < ?) w`, []any{r.syntax().all(query.Clauses), low, high}}
}
