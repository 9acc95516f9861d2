package store

import (
	"slices"
	"strings"
)

// newcomers is how many posts of somebody are shown to who begins to read them.
const newcomers = 40

// wanted are the newest posts of whom the reader follows, as far as the reader
// wants to read them.
func (tx *Tx) wanted(reader, author int64) (posts []int64, err error) {
	f, err := tx.Follow(reader, author)
	if err != nil {
		return nil, err
	}
	cond, args := visible(reader, "p", "a")
	var rows []struct {
		ID, BoostOfID int64
		Language      string
	}
	err = tx.scan(&rows, `SELECT p.id, p.boost_of_id, COALESCE(o.language, p.language) AS language FROM posts p JOIN actors a ON a.id = p.actor_id LEFT JOIN posts o ON o.id = p.boost_of_id
 WHERE p.actor_id = ? AND p.visibility <> 'direct' AND (p.in_reply_to_uri = '' OR p.in_reply_to_actor_id = p.actor_id) AND `+cond+` ORDER BY p.id DESC LIMIT ?`,
		append(append([]any{author}, args...), newcomers)...)
	for _, row := range rows {
		if f.wants(row.BoostOfID != 0, row.Language) {
			posts = append(posts, row.ID)
		}
	}
	return posts, err
}

// wants reports whether a post comes by the follow, as condition.followed does.
func (f *Follow) wants(boost bool, language string) bool {
	primary, _, _ := strings.Cut(language, "-")
	return (f.ShowBoosts || !boost) && (language == "" || len(f.Languages) == 0 || slices.Contains(f.Languages, language) || slices.Contains(f.Languages, primary))
}

// Backfill puts the newest posts of whom the reader began to follow into the
// reader's home, if that is one of ours.
func (tx *Tx) Backfill(reader, author int64) error {
	ours, err := tx.number(`SELECT 1 FROM users WHERE actor_id = ?`, reader)
	if err != nil || ours == 0 {
		return err
	}
	posts, err := tx.wanted(reader, author)
	if err != nil {
		return err
	}
	cond, arg := tx.in("id", posts)
	_, err = tx.exec(`INSERT INTO home_entries (reader_id, post_id) SELECT CAST(? AS bigint), id FROM posts WHERE `+cond+` ON CONFLICT DO NOTHING`, reader, arg)
	return err
}

// fillList is Backfill for a list that the author is in.
func (tx *Tx) fillList(l *List, author int64) error {
	posts, err := tx.wanted(l.ActorID, author)
	if err != nil {
		return err
	}
	cond, arg := tx.in("id", posts)
	_, err = tx.exec(`INSERT INTO list_entries (list_id, post_id) SELECT CAST(? AS bigint), id FROM posts WHERE `+cond+` ON CONFLICT DO NOTHING`, l.ID, arg)
	return err
}

// homeOf has what somebody posted in the home of a reader who follows them, or
// not, as the reader's lists say.
func (tx *Tx) homeOf(reader, author int64) error {
	exclusive, err := tx.number(`SELECT COUNT(*) FROM list_members m JOIN lists l ON l.id = m.list_id WHERE m.actor_id = ? AND l.actor_id = ? AND l.exclusive`, author, reader)
	if err != nil {
		return err
	}
	if exclusive > 0 {
		return tx.Unfill(reader, author)
	}
	follows, err := tx.Follows(reader, []int64{author})
	if err != nil || !follows[author] {
		return err
	}
	return tx.Backfill(reader, author)
}
