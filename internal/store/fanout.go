package store

import "strings"

// condition is a part of a query that grows, with its arguments.
type condition struct {
	text string
	args []any
}

func (c *condition) and(text string, args ...any) {
	c.text += "\n AND " + text
	c.args = append(c.args, args...)
}

// willing says of the reader in a column that neither they nor the authors of
// a post have anything against each other.
func (c *condition) willing(reader string, author, original int64) {
	c.and(`NOT EXISTS (SELECT 1 FROM mutes m WHERE m.actor_id = `+reader+` AND m.target_id IN (?, ?) AND (m.expires_at = 0 OR m.expires_at > ?))`, author, original, Now())
	c.and(`NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = `+reader+` AND b.target_id IN (?, ?))`, author, original)
	c.and(`NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id IN (?, ?) AND b.target_id = `+reader+`)`, author, original)
	c.and(`NOT EXISTS (SELECT 1 FROM domain_blocks d JOIN actors s ON s.domain = d.domain WHERE d.actor_id = `+reader+` AND s.id IN (?, ?))`, author, original)
}

// followed says of a follow f that a post comes by it: that its boosts are
// wanted, and its language.
func (c *condition) followed(p, original *Post) {
	if p.BoostOfID != 0 {
		c.and("f.show_boosts")
	}
	if original.Language != "" {
		primary, _, _ := strings.Cut(original.Language, "-")
		c.and(`(f.languages = '[]' OR f.languages LIKE ? ESCAPE '\' OR f.languages LIKE ? ESCAPE '\')`, `%"`+like(original.Language)+`"%`, `%"`+like(primary)+`"%`)
	}
}

// answers reports whether a post belongs to a conversation with somebody else.
func (p *Post) answers() bool { return p.InReplyToActorID != 0 && p.InReplyToActorID != p.ActorID }

// original is the post itself, or what it boosts.
func (tx *Tx) original(p *Post) (*Post, error) {
	if p.BoostOfID == 0 {
		return p, nil
	}
	return tx.Post(p.BoostOfID)
}

// FanOut puts a post into the home timelines of the local people it is for,
// who follow its author or one of its hashtags, in one statement, and tells who
// they are.
func (tx *Tx) FanOut(p *Post) ([]int64, error) {
	original, err := tx.original(p)
	if err != nil {
		return nil, err
	}
	f := condition{"f.target_id = ? AND f.accepted", []any{p.ActorID}}
	f.followed(p, original)
	f.and(`NOT EXISTS (SELECT 1 FROM list_members x JOIN lists l ON l.id = x.list_id WHERE x.actor_id = ? AND l.actor_id = f.follower_id AND l.exclusive)`, p.ActorID)
	if p.Visibility == Direct {
		f.and("EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = ? AND m.actor_id = f.follower_id)", p.ID)
	}
	if p.answers() {
		// A conversation with somebody else is for those who follow both.
		f.and("(f.follower_id = ? OR EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = f.follower_id AND g.target_id = ? AND g.accepted))", p.InReplyToActorID, p.InReplyToActorID)
	}
	readers := condition{"SELECT f.follower_id AS reader_id FROM follows f WHERE " + f.text, f.args}
	if p.Listed && p.BoostOfID == 0 && len(p.Tags) > 0 {
		cond, arg := tx.inText("t.tag", lowerAll(p.Tags))
		readers.text += "\n UNION SELECT t.actor_id FROM tag_follows t WHERE t.actor_id <> ? AND " + cond
		readers.args = append(readers.args, p.ActorID, arg)
	}
	c := condition{"EXISTS (SELECT 1 FROM users u WHERE u.actor_id = c.reader_id)", nil}
	c.willing("c.reader_id", p.ActorID, original.ActorID)
	if p.BoostOfID != 0 {
		c.and("NOT EXISTS (SELECT 1 FROM home_entries h WHERE h.reader_id = c.reader_id AND h.post_id = ?)", p.BoostOfID)
	}
	args := append(append([]any{p.ID}, readers.args...), c.args...)
	reached, err := tx.ids(`INSERT INTO home_entries (reader_id, post_id)
 SELECT c.reader_id, CAST(? AS bigint) FROM (`+readers.text+`) c WHERE `+c.text+` ON CONFLICT DO NOTHING RETURNING reader_id`, args...)
	if err != nil || !p.Local {
		return reached, err
	}
	return append(reached, p.ActorID), tx.FillOwnHome(p)
}

// FanOutLists is FanOut for the lists that the author is in, and tells which
// they are.
func (tx *Tx) FanOutLists(p *Post) ([]int64, error) {
	if p.Visibility == Direct {
		return nil, nil
	}
	original, err := tx.original(p)
	if err != nil {
		return nil, err
	}
	c := condition{"m.actor_id = ? AND f.accepted", []any{p.ActorID}}
	c.followed(p, original)
	if p.answers() {
		c.and(`(l.actor_id = ? OR l.replies_policy = 'list' AND EXISTS (SELECT 1 FROM list_members o WHERE o.list_id = l.id AND o.actor_id = ?)
 OR l.replies_policy = 'followed' AND EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = l.actor_id AND g.target_id = ? AND g.accepted))`,
			p.InReplyToActorID, p.InReplyToActorID, p.InReplyToActorID)
	}
	c.willing("l.actor_id", p.ActorID, original.ActorID)
	if p.BoostOfID != 0 {
		c.and("NOT EXISTS (SELECT 1 FROM list_entries e WHERE e.list_id = l.id AND e.post_id = ?)", p.BoostOfID)
	}
	return tx.ids(`INSERT INTO list_entries (list_id, post_id)
 SELECT l.id, CAST(? AS bigint) FROM list_members m JOIN lists l ON l.id = m.list_id JOIN follows f ON f.follower_id = l.actor_id AND f.target_id = m.actor_id
 WHERE `+c.text+` ON CONFLICT DO NOTHING RETURNING list_id`, append([]any{p.ID}, c.args...)...)
}
