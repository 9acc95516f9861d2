package store

import "time"

// FollowedTag is a hashtag that somebody follows.
type FollowedTag struct {
	ID  int64
	Tag string
}

// FollowedTags are the hashtags that the person follows.
func (r Reader) FollowedTags(actorID int64, page Page) ([]FollowedTag, error) {
	bounds, args, order := page.bounds("id")
	var rows []FollowedTag
	err := r.scan(&rows, `SELECT id, tag FROM tag_follows WHERE actor_id = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`, append(append([]any{actorID}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// TagMarks tells which of the hashtags the person follows, and which the
// person shows on their profile.
func (r Reader) TagMarks(actorID int64, tags []string) (followed, featured map[string]bool, err error) {
	followed, featured = map[string]bool{}, map[string]bool{}
	if actorID == 0 || len(tags) == 0 {
		return followed, featured, nil
	}
	cond, arg := r.inText("tag", tags)
	var rows []struct {
		Tag   string
		Shown bool
	}
	err = r.scan(&rows, `SELECT tag, FALSE AS shown FROM tag_follows WHERE actor_id = ? AND `+cond+` UNION ALL SELECT tag, TRUE FROM featured_tags WHERE actor_id = ? AND `+cond, actorID, arg, actorID, arg)
	for _, row := range rows {
		if row.Shown {
			featured[row.Tag] = true
		} else {
			followed[row.Tag] = true
		}
	}
	return followed, featured, err
}

// TagsLike are the hashtags that begin with the text, and that everybody may
// know of: the text itself first, then those used last.
func (r Reader) TagsLike(text string, limit, offset int) ([]string, error) {
	var names []string
	return names, r.scan(&names, `SELECT t.tag FROM tags t WHERE t.tag >= ? AND t.tag < ? AND EXISTS (SELECT 1`+tagged+` AND g.tag = t.tag)
 ORDER BY CASE WHEN t.tag = ? THEN 0 ELSE 1 END, t.used_at DESC, t.tag LIMIT ? OFFSET ?`, text, text+"\U0010ffff", text, limit, offset)
}

// TagDay is how often a hashtag was used on a day, and by how many.
type TagDay struct {
	Tag            string
	Day            int64 // since 1970, in UTC
	Uses, Accounts int64
}

// dayLength is that of a day, in milliseconds.
const dayLength = int64(24 * time.Hour / time.Millisecond)

// Today is the day, as TagDay counts them.
func Today() int64 { return Now().Day() }

// Day is the day of a moment.
func (t Time) Day() int64 { return int64(t) / dayLength }

// tagged are the uses of hashtags that may be told to everybody.
const tagged = ` FROM post_tags g JOIN posts p ON p.id = g.post_id JOIN actors a ON a.id = p.actor_id
 WHERE p.deleted_at = 0 AND p.held_until = 0 AND p.scope = 'world' AND NOT a.limited AND ` + present

// TagHistory is how often each of the hashtags was used on the days from the
// given one on: what everybody may read is counted.
func (r Reader) TagHistory(tags []string, from int64) (map[string][]TagDay, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	cond, arg := r.inText("g.tag", tags)
	var rows []TagDay
	err := r.scan(&rows, `SELECT g.tag, p.published_at / 86400000 AS day, COUNT(*) AS uses, COUNT(DISTINCT p.actor_id) AS accounts`+tagged+`
 AND `+cond+` AND g.post_id >= ? GROUP BY g.tag, p.published_at / 86400000`, arg, idOfDay(from))
	return group(rows, func(d TagDay) string { return d.Tag }), err
}

// idOfDay is the least id that something of the day can have.
func idOfDay(day int64) int64 { return day * dayLength << 16 }

// TagFollows counts the hashtags that the person follows.
func (r Reader) TagFollows(actorID int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM tag_follows WHERE actor_id = ?`, actorID)
}

// FollowTag has the posts with a hashtag come to the person's home.
func (tx *Tx) FollowTag(actorID int64, tag string) error {
	_, err := tx.exec(`INSERT INTO tag_follows (id, actor_id, tag, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), actorID, tag, Now())
	return err
}

// UnfollowTag ends that. What is at home for no other reason goes.
func (tx *Tx) UnfollowTag(actorID int64, tag string) error {
	gone, err := tx.exec(`DELETE FROM tag_follows WHERE actor_id = ? AND tag = ?`, actorID, tag)
	if err != nil || gone == 0 {
		return err
	}
	_, err = tx.exec(`DELETE FROM home_entries WHERE reader_id = ? AND post_id IN (SELECT g.post_id FROM post_tags g JOIN posts p ON p.id = g.post_id
 WHERE g.tag = ? AND p.actor_id <> ? AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ? AND f.target_id = p.actor_id AND f.accepted)
 AND NOT EXISTS (SELECT 1 FROM post_tags o JOIN tag_follows t ON t.tag = o.tag WHERE o.post_id = p.id AND t.actor_id = ?))`, actorID, tag, actorID, actorID, actorID)
	return err
}
