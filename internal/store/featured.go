package store

// SetPin features a post on its author's profile and tells whether that is new.
func (tx *Tx) SetPin(actor, post int64) (bool, error) {
	n, err := tx.exec(`INSERT INTO pins (actor_id, post_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, actor, post, Now())
	return n > 0, err
}

// DeletePin ends that.
func (tx *Tx) DeletePin(actor, post int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM pins WHERE actor_id = ? AND post_id = ?`, actor, post)
	return n > 0, err
}

// Pins counts what the actor features.
func (r Reader) Pins(actor int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM pins WHERE actor_id = ?`, actor)
}

// ClaimFeatured notes that an actor is asked now what it features, and tells
// whether it was not since before.
func (tx *Tx) ClaimFeatured(actor int64, before Time) (bool, error) {
	n, err := tx.exec(`UPDATE actors SET featured_at = ? WHERE id = ? AND featured_at < ?`, Now(), actor, before)
	return n > 0, err
}

// SetPins has the actor feature these posts, the first one foremost, and no others.
func (tx *Tx) SetPins(actor int64, posts []int64) error {
	if _, err := tx.exec(`DELETE FROM pins WHERE actor_id = ?`, actor); err != nil {
		return err
	}
	now := Now()
	for i, post := range posts {
		if _, err := tx.exec(`INSERT INTO pins (actor_id, post_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, actor, post, now-Time(i)); err != nil {
			return err
		}
	}
	return nil
}

// SetFeaturedTags has the actor show these hashtags, in this order.
func (tx *Tx) SetFeaturedTags(actor int64, names []string) error {
	if _, err := tx.exec(`DELETE FROM featured_tags WHERE actor_id = ?`, actor); err != nil {
		return err
	}
	for i, name := range names {
		if _, err := tx.exec(`INSERT INTO featured_tags (id, actor_id, tag, name, position) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), actor, lower(name), name, i); err != nil {
			return err
		}
	}
	return tx.changed("actors", actor)
}

// ShownTags are the hashtags that the actors show, by actor.
func (r Reader) ShownTags(actors []int64) (map[int64][]string, error) {
	cond, arg := r.in("actor_id", actors)
	var rows []struct {
		ActorID int64
		Tag     string
	}
	err := r.scan(&rows, `SELECT actor_id, tag FROM featured_tags WHERE `+cond, arg)
	shown := map[int64][]string{}
	for _, row := range rows {
		shown[row.ActorID] = append(shown[row.ActorID], row.Tag)
	}
	return shown, err
}

// AddFeaturedTag shows one more hashtag on the actor's profile, and gives its id.
func (tx *Tx) AddFeaturedTag(actor int64, tag, name string) (int64, error) {
	id := NewID()
	_, err := tx.exec(`INSERT INTO featured_tags (id, actor_id, tag, name, position) VALUES (?, ?, ?, ?,
 (SELECT COALESCE(MAX(position), -1) + 1 FROM featured_tags WHERE actor_id = ?))`, id, actor, tag, name, actor)
	if err != nil {
		return 0, err
	}
	return id, tx.changed("actors", actor)
}

// DeleteFeaturedTag takes a hashtag off the actor's profile and gives it as it
// was written, empty if it was not there.
func (tx *Tx) DeleteFeaturedTag(actor int64, tag string) (string, error) {
	var name string
	if err := tx.scan(&name, `DELETE FROM featured_tags WHERE actor_id = ? AND tag = ? RETURNING name`, actor, tag); err != nil || name == "" {
		return "", err
	}
	return name, tx.changed("actors", actor)
}

// OwnTags are the hashtags that the actor uses most and does not show.
func (r Reader) OwnTags(actor int64, limit int) ([]string, error) {
	var tags []string
	return tags, r.scan(&tags, `SELECT t.tag FROM post_tags t WHERE t.actor_id = ? AND NOT EXISTS (SELECT 1 FROM featured_tags f WHERE f.actor_id = t.actor_id AND f.tag = t.tag)
 GROUP BY t.tag ORDER BY COUNT(*) DESC, t.tag LIMIT ?`, actor, limit)
}

// FeaturedTag is a hashtag on a profile, with what its owner has said under it.
type FeaturedTag struct {
	ID       int64
	Tag      string // as it is compared
	Name     string // as it was written
	Position int
	Posts    int64
	LastAt   Time
}

// FeaturedTags are the hashtags that the actor shows. Only public posts are
// filed under tags, so that their number is no secret.
func (r Reader) FeaturedTags(actor int64) ([]FeaturedTag, error) {
	var rows []FeaturedTag
	return rows, r.scan(&rows, `SELECT f.id, f.tag, f.name, f.position, COUNT(p.id) AS posts, COALESCE(MAX(p.published_at), 0) AS last_at FROM featured_tags f
 LEFT JOIN post_tags t ON t.actor_id = f.actor_id AND t.tag = f.tag LEFT JOIN posts p ON p.id = t.post_id AND p.deleted_at = 0 AND p.held_until = 0 AND p.scope = 'world'
 WHERE f.actor_id = ? GROUP BY f.id, f.tag, f.name, f.position ORDER BY f.position`, actor)
}
