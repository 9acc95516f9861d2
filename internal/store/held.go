package store

import "strconv"

// HeldBy are the posts of the author that are held back.
func (r Reader) HeldBy(author int64) ([]int64, error) {
	return r.ids(`SELECT id FROM posts WHERE actor_id = ? AND held_until <> 0 AND deleted_at = 0`, author)
}

// LockPost has nobody else release, edit or delete the post before the
// transaction ends: each of these depends on whether it is held.
func (tx *Tx) LockPost(id int64) error { return tx.Alone("post " + strconv.FormatInt(id, 10)) }

// ReleasePost ends a post's hold; it tells whether this call did so. Now is
// when it is published.
func (tx *Tx) ReleasePost(id int64) (bool, error) {
	n, err := tx.exec(`UPDATE posts SET held_until = 0, published_at = ?, revision = revision + 1 WHERE id = ? AND held_until <> 0`, Now(), id)
	if err != nil || n == 0 {
		return false, err
	}
	p, err := tx.Post(id)
	if err != nil {
		return false, err
	}
	if err := tx.changed("posts", id); err != nil { // nobody has found it before
		return false, err
	}
	if err := tx.countQuoted(id); err != nil {
		return false, err
	}
	return true, tx.countPost(p, +1)
}

// EraseHeldPost removes a post that was never sent and never seen.
func (tx *Tx) EraseHeldPost(p *Post) error {
	// What its author has held back below it answers what it answered.
	if _, err := tx.exec(`UPDATE posts SET in_reply_to_id = ?, in_reply_to_uri = ?, in_reply_to_actor_id = ?, revision = revision + 1 WHERE in_reply_to_id = ? AND in_reply_to_id <> 0`,
		p.InReplyToID, p.InReplyToURI, p.InReplyToActorID, p.ID); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM quote_stamps WHERE quoted_id = ? AND quoting_uri = ?`, p.QuoteOfID, p.URI); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM idempotency_keys WHERE actor_id = ? AND post_id = ?`, p.ActorID, p.ID); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM home_entries WHERE post_id = ?`, `DELETE FROM mentions WHERE post_id = ?`, `DELETE FROM post_tags WHERE post_id = ?`,
		`DELETE FROM filter_posts WHERE post_id = ?`, `DELETE FROM favourites WHERE post_id = ?`, `DELETE FROM bookmarks WHERE post_id = ?`,
		`DELETE FROM pins WHERE post_id = ?`, `DELETE FROM post_versions WHERE post_id = ?`, `DELETE FROM quotes WHERE post_id = ?`,
		`DELETE FROM poll_votes WHERE post_id = ?`, `DELETE FROM polls WHERE post_id = ?`, `DELETE FROM unindexed_posts WHERE id = ?`,
		`DELETE FROM posts WHERE id = ?`,
	} {
		if _, err := tx.exec(query, p.ID); err != nil {
			return err
		}
	}
	return tx.release(p.ID)
}
