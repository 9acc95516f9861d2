package store

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"
)

// Entry is a line of a timeline: which post, and the revisions that tell
// whether what was rendered of it before still holds.
type Entry struct {
	Key           int64 // what the list is paged by
	PostID        int64
	Revision      int64
	ActorID       int64
	ActorRevision int64

	BoostOfID          int64 // 0 unless the post is a boost
	BoostRevision      int64
	BoostActorID       int64
	BoostActorRevision int64

	// Of the post, or of what it boosts.
	Question                   bool // it asks a poll
	Quotes                     bool // another post
	Quotable, QuotableManually string
}

const entryColumns = `p.id, p.revision, p.actor_id, a.revision, p.boost_of_id, COALESCE(o.revision, 0), COALESCE(o.actor_id, 0), COALESCE(oa.revision, 0), (p.kind = 'Question' OR COALESCE(o.kind, '') = 'Question'),
 COALESCE(o.quote_of_uri, p.quote_of_uri) <> '', COALESCE(o.quotable, p.quotable), COALESCE(o.quotable_manually, p.quotable_manually)`

const entryJoins = ` JOIN actors a ON a.id = p.actor_id LEFT JOIN posts o ON o.id = p.boost_of_id LEFT JOIN actors oa ON oa.id = o.actor_id `

// source is where a list comes from: a table, or a query, which of its rows have
// the posts, and what it is paged by. One that is sorted is so by itself, as the
// page is.
type source struct {
	from, where condition
	key, post   string
	sorted      bool
}

// rowsOf is a source of the rows of a table that are chosen.
func rowsOf(table, key, post, where string, args ...any) source {
	return source{from: condition{text: table}, where: condition{where, args}, key: key, post: post}
}

// list is a page of the posts from a source that the viewer may see, and with
// quiet, of those whom they want to hear. What they may not is left out before
// the page is cut, so that a page is full as long as there is more.
func (r Reader) list(viewer int64, page Page, quiet bool, s source) ([]Entry, error) {
	return r.lines(page, 0, s, sight(viewer, quiet))
}

// lines are a page of the posts p by a, and what they boost, from a source, for
// which the condition holds. The databases look at one row of the source after
// the other until the page is full. They do as they are told where
// they cannot look into what is asked of each row: PostgreSQL would guess that
// next to nothing is left of so many conditions and begin elsewhere, SQLite read
// all actors beforehand.
func (r Reader) lines(page Page, offset int, s source, holds condition) ([]Entry, error) {
	query := condition{`SELECT ` + s.key + `, ` + entryColumns + ` FROM ` + s.from.text + ` CROSS JOIN posts p` + entryJoins + `WHERE p.id = ` + s.post, s.from.args}
	if r.postgres {
		query = condition{`SELECT ` + s.key + `, line.* FROM ` + s.from.text + ` CROSS JOIN LATERAL (SELECT ` + entryColumns + ` FROM posts p` + entryJoins +
			`WHERE p.id = ` + s.post + ` AND ` + holds.text + ` LIMIT 1) line WHERE TRUE`, slices.Concat(s.from.args, holds.args)}
	} else {
		query.and("CASE WHEN "+holds.text+" THEN TRUE END", holds.args...)
	}
	if s.where.text != "" {
		query.and(s.where.text, s.where.args...)
	}
	bounds, boundArgs, order := page.bounds(s.key)
	query.and(bounds, boundArgs...)
	if !s.sorted {
		query.text += ` ORDER BY ` + order
	}
	entries, err := entriesOf(r.g.Raw(query.text+` LIMIT ? OFFSET ?`, append(query.args, page.Limit, offset)...).Rows())
	return newestFirst(page, entries), err
}

// sight says of p by a, and of what it boosts, that the viewer may see it, and
// with quiet that they want to.
func sight(viewer int64, quiet bool) condition {
	seen, seenArgs := visible(viewer, "p", "a")
	boost, boostArgs := visible(viewer, "o", "oa")
	c := condition{seen, seenArgs}
	c.and("(p.boost_of_id = 0 OR "+boost+")", boostArgs...)
	if quiet {
		want, wantArgs := heard(viewer, "p", "a")
		c.and(want, wantArgs...)
		want, wantArgs = heard(viewer, "o", "oa")
		c.and("(p.boost_of_id = 0 OR "+want+")", wantArgs...)
	}
	return c
}

// entriesOf reads rows of a key and entryColumns.
func entriesOf(rows *sql.Rows, err error) ([]Entry, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := []Entry{}
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Key, &e.PostID, &e.Revision, &e.ActorID, &e.ActorRevision, &e.BoostOfID, &e.BoostRevision, &e.BoostActorID, &e.BoostActorRevision,
			&e.Question, &e.Quotes, &e.Quotable, &e.QuotableManually); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// Entries are the posts with the ids as far as the viewer may see them, newest
// first.
func (r Reader) Entries(viewer int64, ids []int64) ([]Entry, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("q.id", ids)
	return r.list(viewer, Page{Limit: len(ids)}, false, rowsOf("posts q", "q.id", "q.id", cond, arg))
}

// HomeTimeline is what reached the reader, by those they follow.
func (r Reader) HomeTimeline(reader int64, page Page) ([]Entry, error) {
	return r.list(reader, page, true, rowsOf("home_entries h", "h.post_id", "h.post_id", "h.reader_id = ?", reader))
}

// PublicTimeline is what everybody here may read; local and remote narrow it
// down, as does onlyMedia.
func (r Reader) PublicTimeline(viewer int64, page Page, local, remote, onlyMedia bool) ([]Entry, error) {
	c := condition{text: "q.listed"}
	if local {
		c.and("q.local")
	}
	if remote {
		c.and("NOT q.local")
	}
	if onlyMedia {
		c.and("EXISTS (SELECT 1 FROM media m WHERE m.post_id = q.id AND m.post_id <> 0 AND m.position >= 0)")
	}
	return r.list(viewer, page, true, rowsOf("posts q", "q.id", "q.id", c.text, c.args...))
}

// TagQuery says which posts with hashtags are wanted.
type TagQuery struct {
	Any, All, None           []string
	Local, Remote, OnlyMedia bool
}

// TagTimeline are the public posts with one of the tags.
func (r Reader) TagTimeline(viewer int64, page Page, q TagQuery) ([]Entry, error) {
	var all []Entry
	for _, tag := range q.Any {
		some, err := r.tagTimeline(viewer, page, lower(tag), q)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return together(page, all), nil
}

// DirectTimeline are the posts for few that the reader wrote or is named in.
func (r Reader) DirectTimeline(reader int64, page Page) ([]Entry, error) {
	own, err := r.list(reader, page, true, rowsOf("posts q", "q.id", "q.id", "q.actor_id = ? AND q.visibility = 'direct'", reader))
	if err != nil {
		return nil, err
	}
	others, err := r.list(reader, page, true, rowsOf("mentions m", "m.post_id", "m.post_id",
		"m.actor_id = ? AND m.direct", reader))
	return together(page, append(own, others...)), err
}

// together is a page of what several sources have for it.
func together(page Page, all []Entry) []Entry {
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(b.Key, a.Key) })
	all = slices.CompactFunc(all, func(a, b Entry) bool { return a.Key == b.Key })
	if len(all) > page.Limit && page.Min > 0 {
		return all[len(all)-page.Limit:]
	}
	return all[:min(len(all), page.Limit)]
}

// tagTimeline is a page of what is under one of the tags.
func (r Reader) tagTimeline(viewer int64, page Page, tag string, q TagQuery) ([]Entry, error) {
	c := condition{"g.tag = ?", []any{tag}}
	c.and("NOT EXISTS (SELECT 1 FROM posts l JOIN actors la ON la.id = l.actor_id WHERE l.id = g.post_id AND la.limited)")
	for _, other := range q.All {
		c.and("EXISTS (SELECT 1 FROM post_tags x WHERE x.post_id = g.post_id AND x.tag = ?)", lower(other))
	}
	for _, other := range q.None {
		c.and("NOT EXISTS (SELECT 1 FROM post_tags x WHERE x.post_id = g.post_id AND x.tag = ?)", lower(other))
	}
	if q.Local || q.Remote {
		c.and("EXISTS (SELECT 1 FROM posts l WHERE l.id = g.post_id AND l.local = ?)", q.Local)
	}
	if q.OnlyMedia {
		c.and("EXISTS (SELECT 1 FROM media m WHERE m.post_id = g.post_id AND m.post_id <> 0 AND m.position >= 0)")
	}
	return r.list(viewer, page, true, rowsOf("post_tags g", "g.post_id", "g.post_id", c.text, c.args...))
}

// AccountQuery says which of an account's posts are wanted.
type AccountQuery struct {
	ExcludeReplies, ExcludeBoosts, ExcludeSensitive, OnlyMedia, Pinned bool
	Tag                                                                string
}

// AccountTimeline is what the account posted, as far as the viewer may see it.
func (r Reader) AccountTimeline(viewer, actorID int64, page Page, q AccountQuery) ([]Entry, error) {
	c := condition{"q.actor_id = ?", []any{actorID}}
	if q.ExcludeReplies {
		c.and("(q.in_reply_to_uri = '' OR q.in_reply_to_actor_id = q.actor_id)")
	}
	if q.ExcludeBoosts {
		c.and("q.boost_of_id = 0")
	}
	if q.ExcludeSensitive {
		c.and("NOT q.sensitive")
	}
	if q.OnlyMedia {
		c.and("EXISTS (SELECT 1 FROM media m WHERE m.post_id = q.id AND m.post_id <> 0 AND m.position >= 0)")
	}
	if q.Pinned {
		c.and("EXISTS (SELECT 1 FROM pins n WHERE n.post_id = q.id AND n.actor_id = q.actor_id)")
	}
	if q.Tag != "" {
		c.and("q.id IN (SELECT g.post_id FROM post_tags g WHERE g.actor_id = ? AND g.tag = ?)", actorID, lower(q.Tag))
	}
	return r.list(viewer, page, false, rowsOf("posts q", "q.id", "q.id", c.text, c.args...))
}

// Favourites are the posts the reader favourited, paged by favourite.
func (r Reader) Favourites(reader int64, page Page) ([]Entry, error) {
	return r.list(reader, page, false, rowsOf("favourites f", "f.id", "f.post_id", "f.actor_id = ?", reader))
}

// Bookmarks are the posts the reader bookmarked, paged by bookmark.
func (r Reader) Bookmarks(reader int64, page Page) ([]Entry, error) {
	return r.list(reader, page, false, rowsOf("bookmarks b", "b.id", "b.post_id", "b.actor_id = ?", reader))
}

// Outbox are the public posts and boosts of one of ours, for its outbox.
func (r Reader) Outbox(actorID int64, page Page) ([]*Post, error) {
	bounds, args, order := page.bounds("id")
	var rows []*Post
	err := r.scan(&rows, `SELECT * FROM posts WHERE actor_id = ? AND visibility IN ('public','unlisted') AND scope = 'world' AND deleted_at = 0 AND held_until = 0 AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append([]any{actorID}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Pinned are the ids of the public posts an actor features.
func (r Reader) Pinned(actorID int64) ([]*Post, error) {
	var rows []*Post
	return rows, r.scan(&rows, `SELECT p.* FROM pins n JOIN posts p ON p.id = n.post_id WHERE n.actor_id = ? AND p.visibility IN ('public','unlisted') AND p.scope = 'world' AND p.held_until = 0 AND p.deleted_at = 0 ORDER BY n.created_at DESC LIMIT 20`, actorID)
}

// Flags are what a viewer did to a post.
// Follows and Followed say how the viewer and the author stand, and only where
// that decides who may quote the post.
type Flags struct {
	Favourited, Boosted, Bookmarked, Pinned, Muted bool
	Follows, Followed                              bool
}

// Marks are what a viewer did to some posts, and the revision of the filters
// that the viewer reads through.
type Marks struct {
	Flags   map[int64]Flags
	Filters int64
}

// marksSQL is a row for each post; each ? is the viewer. What a viewer pinned or
// muted is little, and found out once; who follows whom is asked only where it
// decides who may quote the post.
const marksSQL = `SELECT p.id,
 EXISTS (SELECT 1 FROM favourites f WHERE f.post_id = p.id AND f.actor_id = ?),
 EXISTS (SELECT 1 FROM posts b WHERE b.boost_of_id = p.id AND b.boost_of_id <> 0 AND b.actor_id = ? AND b.deleted_at = 0),
 EXISTS (SELECT 1 FROM bookmarks k WHERE k.post_id = p.id AND k.actor_id = ?),
 p.id IN (SELECT n.post_id FROM pins n WHERE n.actor_id = ?),
 p.thread_id IN (SELECT t.thread_id FROM thread_mutes t WHERE t.actor_id = ?),
 ` + choosy + ` AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ? AND f.target_id = p.actor_id AND f.accepted),
 ` + choosy + ` AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = p.actor_id AND f.target_id = ? AND f.accepted),
 COALESCE((SELECT u.filters_revision FROM users u WHERE u.actor_id = ?), 0) FROM posts p WHERE `

// choosy says that who may quote p depends on who follows whom.
const choosy = `(p.quotable LIKE '%follow%' OR p.quotable_manually LIKE '%follow%')`

// Marks are what the viewer did to each of the posts.
func (r Reader) Marks(viewer int64, ids []int64) (Marks, error) {
	m := Marks{Flags: make(map[int64]Flags, len(ids))}
	if viewer == 0 || len(ids) == 0 {
		return m, nil
	}
	cond, arg := r.in("p.id", ids)
	rows, err := r.g.Raw(marksSQL+cond, viewer, viewer, viewer, viewer, viewer, viewer, viewer, viewer, arg).Rows()
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var f Flags
		if err := rows.Scan(&id, &f.Favourited, &f.Boosted, &f.Bookmarked, &f.Pinned, &f.Muted, &f.Follows, &f.Followed, &m.Filters); err != nil {
			return m, err
		}
		m.Flags[id] = f
	}
	return m, rows.Err()
}

// Unfill takes the author's posts and boosts out of the reader's home.
func (tx *Tx) Unfill(reader, author int64) error {
	_, err := tx.exec(`DELETE FROM home_entries WHERE reader_id = ? AND post_id IN (SELECT id FROM posts WHERE actor_id = ?)`, reader, author)
	return err
}

// TrimHomes keeps the newest entries of each home and list and drops the rest.
func (tx *Tx) TrimHomes(keep int) error {
	if _, err := tx.exec(`DELETE FROM list_entries WHERE (list_id, post_id) IN (SELECT e.list_id, e.post_id FROM lists l CROSS JOIN list_entries e
 WHERE e.list_id = l.id AND e.post_id < (SELECT k.post_id FROM list_entries k WHERE k.list_id = l.id ORDER BY k.post_id DESC LIMIT 1 OFFSET ?))`, keep); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM home_entries WHERE (reader_id, post_id) IN (SELECT e.reader_id, e.post_id FROM users u CROSS JOIN home_entries e
 WHERE e.reader_id = u.actor_id AND e.post_id < (SELECT h.post_id FROM home_entries h WHERE h.reader_id = u.actor_id ORDER BY h.post_id DESC LIMIT 1 OFFSET ?))`, keep)
	return err
}

func lower(tag string) string { return strings.ToLower(tag) }

func lowerAll(tags []string) []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = lower(t)
	}
	return out
}

// FillOwnHome shows a post to its author alone.
func (tx *Tx) FillOwnHome(p *Post) error {
	_, err := tx.exec(`INSERT INTO home_entries (reader_id, post_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, p.ActorID, p.ID)
	return err
}

// HomeReaders are who has the post, or a boost of it, in their home.
func (r Reader) HomeReaders(postID int64) ([]int64, error) {
	return r.ids(`SELECT reader_id FROM home_entries WHERE post_id = ?
 UNION SELECT h.reader_id FROM posts b JOIN home_entries h ON h.post_id = b.id WHERE b.boost_of_id = ? AND b.boost_of_id <> 0 AND b.deleted_at = 0`, postID, postID)
}

// LocalBoosters are our people who boosted the post.
func (r Reader) LocalBoosters(postID int64) ([]int64, error) {
	return r.ids(`SELECT actor_id FROM posts WHERE boost_of_id = ? AND boost_of_id <> 0 AND deleted_at = 0 AND local`, postID)
}

// HomeSize counts what is in a reader's home.
func (r Reader) HomeSize(reader int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM home_entries WHERE reader_id = ?`, reader)
}
