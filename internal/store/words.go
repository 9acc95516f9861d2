package store

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Change is a post or an actor whose words are to be taken out, and these words,
// none for what is to be found no more.
type Change struct {
	ID, Stamp int64
	Words     []string `gorm:"-"`
	Tags      []string `gorm:"-"` // hashtags of a post, used at At
	At        Time     `gorm:"-"`
}

// ChangedIDs are whose words these are.
func ChangedIDs(changes []Change) []int64 {
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	return ids
}

// UnindexedPosts are posts that were written, changed or removed since their
// words were last taken out.
func (r Reader) UnindexedPosts(limit int) ([]Change, error) { return r.unindexed("posts", limit) }

// UnindexedActors is the same for people.
func (r Reader) UnindexedActors(limit int) ([]Change, error) { return r.unindexed("actors", limit) }

func (r Reader) unindexed(what string, limit int) ([]Change, error) {
	var rows []Change
	return rows, r.scan(&rows, `SELECT id, stamp FROM unindexed_`+what+` ORDER BY id DESC LIMIT ?`, limit)
}

// changed has the words of a post or an actor taken out anew.
func (tx *Tx) changed(what string, id int64) error {
	_, err := tx.exec(`INSERT INTO unindexed_`+what+` (id, stamp) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp`, id, NewID())
	return err
}

// IndexPosts stores the words of posts. What has changed meanwhile is left for
// the next time.
func (tx *Tx) IndexPosts(changes []Change) error {
	fresh, err := tx.index("post", changes)
	if err != nil {
		return err
	}
	return tx.useTags(fresh)
}

// IndexActors is IndexPosts for people.
func (tx *Tx) IndexActors(changes []Change) error {
	_, err := tx.index("actor", changes)
	return err
}

// index stores words and gives the changes that still stood.
func (tx *Tx) index(what string, changes []Change) ([]Change, error) {
	if err := tx.Alone("words"); err != nil {
		return nil, err
	}
	fresh, err := tx.settle(what, changes)
	if err != nil {
		return nil, err
	}
	kept := [][2]any{}
	for _, c := range fresh {
		if len(c.Words) > 0 {
			kept = append(kept, [2]any{c.ID, tx.wordList(c)})
		}
	}
	list, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	gone, arg := tx.in(tx.wordKey(), ChangedIDs(fresh))
	if _, err := tx.exec(`DELETE FROM `+what+`_words WHERE `+gone, arg); err != nil {
		return nil, err
	}
	insert := `(rowid, words) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)`
	if tx.postgres {
		insert = `(id, words) SELECT CAST(v ->> 0 AS bigint), CAST(v ->> 1 AS tsvector) FROM jsonb_array_elements(CAST(? AS jsonb)) v`
	}
	_, err = tx.exec(`INSERT INTO `+what+`_words `+insert, string(list))
	return fresh, err
}

// settle takes from the list of what is to be done what is being done, unless
// it has changed again.
func (tx *Tx) settle(what string, changes []Change) ([]Change, error) {
	pairs := make([][2]int64, len(changes))
	for i, c := range changes {
		pairs[i] = [2]int64{c.ID, c.Stamp}
	}
	list, _ := json.Marshal(pairs)
	these := `SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)`
	if tx.postgres {
		these = `SELECT CAST(v ->> 0 AS bigint), CAST(v ->> 1 AS bigint) FROM jsonb_array_elements(CAST(? AS jsonb)) v`
	}
	ids, err := tx.ids(`DELETE FROM unindexed_`+what+`s WHERE (id, stamp) IN (`+these+`) RETURNING id`, string(list))
	if err != nil {
		return nil, err
	}
	byID := byID(changes, func(c Change) int64 { return c.ID })
	fresh := make([]Change, len(ids))
	for i, id := range ids {
		fresh[i] = byID[id]
	}
	return fresh, nil
}

func (r Reader) wordKey() string {
	if r.postgres {
		return "id"
	}
	return "rowid"
}

// wordList writes words as the database reads them: one after the other, or as
// a tsvector, each with its place. PostgreSQL gets the times of the post, too.
func (r Reader) wordList(c Change) string {
	if !r.postgres {
		return strings.Join(c.Words, " ")
	}
	var b strings.Builder
	for i, word := range c.Words {
		fmt.Fprintf(&b, "'%s':%d ", word, i+1)
	}
	for _, e := range eras {
		fmt.Fprintf(&b, "'%s' ", e.word(c.ID>>e))
	}
	return b.String()
}

// useTags notes when hashtags were used last.
func (tx *Tx) useTags(changes []Change) error {
	used := map[string]Time{}
	for _, c := range changes {
		for _, tag := range c.Tags {
			used[lower(tag)] = max(used[lower(tag)], c.At)
		}
	}
	for tag, at := range used {
		if _, err := tx.exec(`INSERT INTO tags (tag, used_at) VALUES (?, ?) ON CONFLICT (tag) DO UPDATE SET used_at = excluded.used_at WHERE tags.used_at < excluded.used_at`, tag, at); err != nil {
			return err
		}
	}
	return nil
}
