package store

// CreateFavourite stores a favourite and tells whether it is new.
func (tx *Tx) CreateFavourite(uri string, actor, post int64) (bool, error) {
	n, err := tx.exec(`INSERT INTO favourites (id, uri, actor_id, post_id, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), uri, actor, post, Now())
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.exec(`UPDATE posts SET favourites_count = favourites_count + 1, revision = revision + 1 WHERE id = ?`, post)
	return true, err
}

// DeleteFavourite ends a favourite and gives the URI it had, empty if there
// was none.
func (tx *Tx) DeleteFavourite(actor, post int64) (string, error) {
	var uri string
	if err := tx.scan(&uri, `DELETE FROM favourites WHERE actor_id = ? AND post_id = ? RETURNING uri`, actor, post); err != nil || uri == "" {
		return "", err
	}
	if err := tx.unnotify(`post_id = ? AND from_id = ? AND kind = 'favourite'`, post, actor); err != nil {
		return "", err
	}
	_, err := tx.exec(`UPDATE posts SET favourites_count = favourites_count - 1, revision = revision + 1 WHERE id = ?`, post)
	return uri, err
}

// RenewFavourite has a favourite stand under the id of the activity that said
// it again: taking back the first does not end it.
func (tx *Tx) RenewFavourite(uri string, actor, post int64) error {
	return tx.renew("favourites", uri, "actor_id = ? AND post_id = ?", actor, post)
}

// RenewBoost is RenewFavourite for a boost.
func (tx *Tx) RenewBoost(uri string, boost *Post) error {
	return tx.renew("posts", uri, "id = ? AND NOT local", boost.ID)
}

func (tx *Tx) renew(table, uri, which string, args ...any) error {
	_, err := tx.exec(`UPDATE `+table+` SET uri = ? WHERE `+which+` AND NOT EXISTS (SELECT 1 FROM `+table+` x WHERE x.uri = ?)`,
		append(append([]any{uri}, args...), uri)...)
	return err
}

// React keeps the emoji that a favourite said.
func (tx *Tx) React(actor, post int64, emoji Emoji) error {
	_, err := tx.exec(`UPDATE favourites SET emoji = ?, emoji_url = ? WHERE actor_id = ? AND post_id = ?`, emoji.Shortcode, emoji.URL, actor, post)
	return err
}

// Reactions are the emoji that the actors said to the posts, by post and actor.
func (r Reader) Reactions(posts, actors []int64) (map[[2]int64]Emoji, error) {
	onPosts, postArg := r.in("post_id", posts)
	byActors, actorArg := r.in("actor_id", actors)
	var rows []struct {
		PostID, ActorID int64
		Emoji, EmojiURL string
	}
	err := r.scan(&rows, `SELECT post_id, actor_id, emoji, emoji_url FROM favourites WHERE emoji <> '' AND `+onPosts+` AND `+byActors, postArg, actorArg)
	said := make(map[[2]int64]Emoji, len(rows))
	for _, row := range rows {
		said[[2]int64{row.PostID, row.ActorID}] = Emoji{Shortcode: row.Emoji, URL: row.EmojiURL}
	}
	return said, err
}

// FavouriteByURI is the actor and post of the Like with the URI.
func (r Reader) FavouriteByURI(uri string) (actor, post int64, err error) {
	var row struct{ ActorID, PostID int64 }
	err = r.one(&row, "Favourite", `SELECT actor_id, post_id FROM favourites WHERE uri = ?`, uri)
	return row.ActorID, row.PostID, err
}

// BoostBy is the actor's live boost of the post.
func (r Reader) BoostBy(actor, post int64) (*Post, error) {
	var p Post
	return &p, r.one(&p, "Boost", `SELECT * FROM posts WHERE boost_of_id = ? AND boost_of_id <> 0 AND actor_id = ? AND deleted_at = 0`, post, actor)
}

// SetBookmark keeps a post for its reader.
func (tx *Tx) SetBookmark(actor, post int64) error {
	_, err := tx.exec(`INSERT INTO bookmarks (id, actor_id, post_id, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), actor, post, Now())
	return err
}

// DeleteBookmark lets go of a post.
func (tx *Tx) DeleteBookmark(actor, post int64) error {
	_, err := tx.exec(`DELETE FROM bookmarks WHERE actor_id = ? AND post_id = ?`, actor, post)
	return err
}
