package store

import (
	"slices"

	"gorm.io/gorm/clause"
)

// Post is the post with the id, whoever asks: see VisiblePost.
func (r Reader) Post(id int64) (*Post, error) {
	var p Post
	return &p, r.one(&p, "Record", `SELECT * FROM posts WHERE id = ?`, id)
}

// PostByURI is the post with the ActivityPub id, deleted ones too.
func (r Reader) PostByURI(uri string) (*Post, error) {
	var p Post
	return &p, r.one(&p, "Record", `SELECT * FROM posts WHERE uri = ?`, uri)
}

// PostByURL is the live post that people see at the URL.
func (r Reader) PostByURL(url string) (*Post, error) {
	var p Post
	return &p, r.one(&p, "Record", `SELECT * FROM posts WHERE id IN (SELECT id FROM posts WHERE uri = ? UNION ALL SELECT id FROM posts WHERE url = ? AND url <> '') AND deleted_at = 0 LIMIT 1`, url, url)
}

// VisiblePost is the post if the viewer may see it. What they may not see does
// not exist.
func (r Reader) VisiblePost(viewer, id int64) (*Post, error) {
	cond, args := visible(viewer, "p", "a")
	var p Post
	return &p, r.one(&p, "Record", `SELECT p.* FROM posts p JOIN actors a ON a.id = p.actor_id WHERE p.id = ? AND `+cond, append([]any{id}, args...)...)
}

// Posts are the posts with the ids, by id.
func (r Reader) Posts(ids []int64) (map[int64]*Post, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("id", ids)
	var rows []*Post
	if err := r.scan(&rows, `SELECT * FROM posts WHERE `+cond, arg); err != nil {
		return nil, err
	}
	return byID(rows, func(p *Post) int64 { return p.ID }), nil
}

// PostMedia are the attachments of the posts, in order.
func (r Reader) PostMedia(ids []int64) (map[int64][]*Media, error) {
	cond, arg := r.in("post_id", ids)
	var rows []*Media
	if err := r.scan(&rows, `SELECT * FROM media WHERE post_id <> 0 AND position >= 0 AND `+cond+` ORDER BY post_id, position`, arg); err != nil {
		return nil, err
	}
	return group(rows, func(m *Media) int64 { return m.PostID }), nil
}

// PostMentions are the actors named in the posts, with the silent ones.
func (r Reader) PostMentions(ids []int64) (map[int64][]Mention, error) {
	cond, arg := r.in("post_id", ids)
	var rows []Mention
	if err := r.scan(&rows, `SELECT * FROM mentions WHERE `+cond+` ORDER BY post_id, actor_id`, arg); err != nil {
		return nil, err
	}
	return group(rows, func(m Mention) int64 { return m.PostID }), nil
}

func group[K comparable, T any](rows []T, key func(T) K) map[K][]T {
	m := map[K][]T{}
	for _, row := range rows {
		m[key(row)] = append(m[key(row)], row)
	}
	return m
}

// PostURIs are the ActivityPub ids of the posts.
func (r Reader) PostURIs(ids []int64) (map[int64]string, error) {
	posts, err := r.Posts(ids)
	if err != nil {
		return nil, err
	}
	uris := make(map[int64]string, len(posts))
	for id, p := range posts {
		uris[id] = p.URI
	}
	return uris, nil
}

// Thread is what a viewer may see above and below a post: ids of ancestors,
// oldest first, and of descendants in the order of a thread.
func (r Reader) Thread(viewer int64, p *Post, maxAncestors, maxDescendants int) (ancestors, descendants []int64, err error) {
	cond, args := visible(viewer, "p", "a")
	var rows []struct{ ID, InReplyToID int64 }
	err = r.scan(&rows, `SELECT p.id, p.in_reply_to_id FROM posts p JOIN actors a ON a.id = p.actor_id
 WHERE p.thread_id = ? AND p.boost_of_id = 0 AND `+cond+` ORDER BY p.id LIMIT 4000`, append([]any{p.ThreadID}, args...)...)
	if err != nil {
		return nil, nil, err
	}
	parent, children := map[int64]int64{}, map[int64][]int64{}
	for _, row := range rows {
		parent[row.ID] = row.InReplyToID
		children[row.InReplyToID] = append(children[row.InReplyToID], row.ID)
	}
	for id := p.InReplyToID; id != 0 && len(ancestors) < maxAncestors; {
		up, known := parent[id]
		if !known || slices.Contains(ancestors, id) {
			break
		}
		ancestors = append(ancestors, id)
		id = up
	}
	slices.Reverse(ancestors)
	stack := slices.Clone(children[p.ID])
	slices.Reverse(stack)
	for len(stack) > 0 && len(descendants) < maxDescendants {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		descendants = append(descendants, id)
		below := slices.Clone(children[id])
		slices.Reverse(below)
		stack = append(stack, below...)
	}
	return ancestors, descendants, nil
}

// Replies are the public replies to a post that the viewer may see, oldest
// first, for the post's collection of them.
func (r Reader) Replies(viewer, postID, after int64, limit int) ([]*Post, error) {
	return r.open(viewer, "p.in_reply_to_id = ? AND p.in_reply_to_id <> 0", postID, after, limit)
}

// ThreadOf are the public posts of a thread that the viewer may see, oldest
// first, for the thread's collection.
func (r Reader) ThreadOf(viewer, threadID, after int64, limit int) ([]*Post, error) {
	return r.open(viewer, "p.boost_of_id = 0 AND p.thread_id = ?", threadID, after, limit)
}

func (r Reader) open(viewer int64, where string, id, after int64, limit int) ([]*Post, error) {
	cond, args := visible(viewer, "p", "a")
	var rows []*Post
	return rows, r.scan(&rows, `SELECT p.* FROM posts p JOIN actors a ON a.id = p.actor_id WHERE `+where+` AND p.id > ?
 AND p.visibility IN ('public','unlisted') AND p.held_until = 0 AND p.scope = 'world' AND `+cond+` ORDER BY p.id LIMIT ?`,
		append(append([]any{id, after}, args...), limit)...)
}

// Versions are what a post said before each edit, oldest first.
func (r Reader) Versions(postID int64) ([]*Version, error) {
	var rows []*Version
	return rows, r.scan(&rows, `SELECT * FROM post_versions WHERE post_id = ? ORDER BY version`, postID)
}

// InsertPost stores a post unless its URI is known or must stay dead, and
// tells whether it did. A reply finds its thread, and posts that waited for
// this one find it.
func (tx *Tx) InsertPost(p *Post, mentions []Mention, media []*Media) (bool, error) {
	if !p.Local {
		if dead, err := tx.Dead(p.ActorID, p.URI); err != nil || dead {
			return false, err
		}
	}
	if p.ThreadID == 0 {
		p.ThreadID = p.ID
	}
	p.Version, p.Revision = 1, 1
	res := tx.g.Clauses(onConflictNothing("uri")).Create(p)
	if res.Error != nil || res.RowsAffected == 0 {
		return false, res.Error
	}
	if err := tx.insertParts(p, mentions, media); err != nil {
		return false, err
	}
	return true, tx.countPost(p, +1)
}

// insertParts stores what hangs on a post: mentions, hashtags, attachments, and
// that its words are not known yet.
func (tx *Tx) insertParts(p *Post, mentions []Mention, media []*Media) error {
	if p.BoostOfID == 0 {
		if err := tx.changed("posts", p.ID); err != nil {
			return err
		}
	}
	if err := tx.AddMentions(p, mentions); err != nil {
		return err
	}
	if err := tx.setTags(p); err != nil {
		return err
	}
	return tx.attach(p, media)
}

// AddMentions stores who a post names or addresses.
func (tx *Tx) AddMentions(p *Post, mentions []Mention) error {
	for _, m := range mentions {
		if _, err := tx.exec(`INSERT INTO mentions (post_id, actor_id, silent, direct) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, p.ID, m.ActorID, m.Silent, p.Visibility == Direct); err != nil {
			return err
		}
	}
	return nil
}

// countPost moves the counters that a post of its author takes part in. One
// that is held takes part in none: its number would tell of it.
func (tx *Tx) countPost(p *Post, by int) error {
	if p.HeldUntil != 0 {
		return nil
	}
	if err := tx.countReply(p, by); err != nil {
		return err
	}
	if p.BoostOfID != 0 {
		if _, err := tx.exec(`UPDATE posts SET boosts_count = boosts_count + ?, revision = revision + 1 WHERE id = ?`, by, p.BoostOfID); err != nil {
			return err
		}
	}
	if p.Visibility == Direct {
		return nil
	}
	at := Time(0)
	if by > 0 {
		at = p.PublishedAt
	}
	_, err := tx.exec(`UPDATE actors SET statuses_count = statuses_count + ?, last_status_at = CASE WHEN last_status_at < ? THEN ? ELSE last_status_at END, revision = revision + 1 WHERE id = ?`, by, at, at, p.ActorID)
	return err
}

// countReply counts an answer at its parent, unless it is for few or for this
// node alone: its number would tell of it.
func (tx *Tx) countReply(p *Post, by int) error {
	if p.InReplyToID == 0 || p.Scope != World || p.Visibility != Public && p.Visibility != Unlisted {
		return nil
	}
	_, err := tx.exec(`UPDATE posts SET replies_count = replies_count + ?, revision = revision + 1 WHERE id = ?`, by, p.InReplyToID)
	return err
}

// AdoptReplies joins posts that came before the one they answer to it.
func (tx *Tx) AdoptReplies(p *Post) error {
	res, err := tx.exec(`UPDATE posts SET in_reply_to_id = ?, in_reply_to_actor_id = ?, revision = revision + 1 WHERE in_reply_to_uri = ? AND in_reply_to_uri <> '' AND in_reply_to_id = 0 AND id <> ?`, p.ID, p.ActorID, p.URI, p.ID)
	if err != nil || res == 0 {
		return err
	}
	if _, err := tx.exec(`UPDATE posts SET revision = revision + 1, replies_count = (SELECT COUNT(*) FROM posts r WHERE r.in_reply_to_id = ? AND r.in_reply_to_id <> 0
 AND r.visibility IN ('public','unlisted') AND r.deleted_at = 0 AND r.held_until = 0) WHERE id = ?`, p.ID, p.ID); err != nil {
		return err
	}
	threads, err := tx.ids(`SELECT DISTINCT thread_id FROM posts WHERE in_reply_to_id = ? AND in_reply_to_id <> 0 AND thread_id <> ?`, p.ID, p.ThreadID)
	for _, old := range threads {
		if err := tx.joinThreads(old, p.ThreadID); err != nil {
			return err
		}
	}
	return err
}

// EditPost keeps what the post says now as a version and stores p in its place.
func (tx *Tx) EditPost(p *Post, shown []*Media, mentions []Mention, media []*Media) error {
	before, err := tx.Post(p.ID)
	if err != nil {
		return err
	}
	p.Version, p.Revision = before.Version, before.Revision+1
	if before.HeldUntil != 0 { // nobody has read it, and nobody ever will
		_, err = tx.exec(`DELETE FROM mentions WHERE post_id = ?`, p.ID)
	} else {
		p.Version++
		err = tx.keepVersion(before, shown)
	}
	if err != nil {
		return err
	}
	err = tx.g.Model(p).Select("Content", "Source", "Spoiler", "Sensitive", "Language", "Emojis", "Tags", "EditedAt", "ActedBy", "Version", "Revision", "Kind", "URL").Updates(p).Error
	if err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM post_tags WHERE post_id = ?`, p.ID); err != nil {
		return err
	}
	if err := tx.detach(before); err != nil {
		return err
	}
	return tx.insertParts(p, mentions, media)
}

// KeepShown keeps what a deleted post said with its files, before these go
// elsewhere.
func (tx *Tx) KeepShown(post int64) error {
	p, err := tx.Post(post)
	if err != nil {
		return err
	}
	shown, err := tx.PostMedia([]int64{post})
	if err != nil {
		return err
	}
	return tx.keepVersion(p, shown[post])
}

// keepVersion keeps what a post says, once for each version.
func (tx *Tx) keepVersion(before *Post, shown []*Media) error {
	v := Version{PostID: before.ID, Version: before.Version, Content: before.Content, Source: before.Source, Spoiler: before.Spoiler,
		Sensitive: before.Sensitive, Language: before.Language, ActedBy: before.ActedBy, CreatedAt: max(before.EditedAt, before.PublishedAt)}
	for _, m := range shown {
		v.Media = append(v.Media, *m)
	}
	polls, err := tx.Polls([]int64{before.ID})
	if err != nil {
		return err
	}
	if poll := polls[before.ID]; poll != nil {
		v.Options = poll.Titles()
	}
	return tx.g.Clauses(clause.OnConflict{DoNothing: true}).Create(&v).Error
}

// TombstonePost hides a post from everybody. What it said stays for evidence
// until the rules of retention let it go.
func (tx *Tx) TombstonePost(p *Post) error {
	n, err := tx.exec(`UPDATE posts SET deleted_at = ?, revision = revision + 1, listed = FALSE WHERE id = ? AND deleted_at = 0`, Now(), p.ID)
	if err != nil || n == 0 {
		return err
	}
	boosts, err := tx.tombstoneBoosts(p.ID)
	if err != nil {
		return err
	}
	if p.BoostOfID != 0 { // its author was told about the post and not about the boost
		if err := tx.unnotify(`post_id = ? AND from_id = ? AND kind = 'reblog'`, p.BoostOfID, p.ActorID); err != nil {
			return err
		}
	}
	gone, arg := tx.in("post_id", append(boosts, p.ID))
	for _, table := range []string{"home_entries", "list_entries", "notifications", "pins", "post_tags"} {
		if _, err := tx.exec(`DELETE FROM `+table+` WHERE post_id <> 0 AND `+gone, arg); err != nil {
			return err
		}
	}
	if err := tx.changed("posts", p.ID); err != nil {
		return err
	}
	if err := tx.leaveConversations(p.ID); err != nil {
		return err
	}
	if err := tx.countQuoted(p.ID); err != nil {
		return err
	}
	return tx.countPost(p, -1)
}

// tombstoneBoosts hides the boosts of a post with it, which would show nothing,
// and gives their ids.
func (tx *Tx) tombstoneBoosts(post int64) ([]int64, error) {
	boosts, err := tx.ids(`UPDATE posts SET deleted_at = ?, revision = revision + 1 WHERE boost_of_id = ? AND boost_of_id <> 0 AND deleted_at = 0 RETURNING id`, Now(), post)
	if err != nil || len(boosts) == 0 {
		return nil, err
	}
	cond, arg := tx.in("id", boosts)
	_, err = tx.exec(`UPDATE actors SET statuses_count = statuses_count - 1, revision = revision + 1 WHERE id IN (SELECT actor_id FROM posts WHERE `+cond+`)`, arg)
	return boosts, err
}

// Dead reports whether what the actor makes under the id must stay dead.
func (r Reader) Dead(actorID int64, uri string) (bool, error) {
	n, err := r.number(`SELECT 1 FROM tombstones WHERE uri = ? AND actor_id = ?`, uri, actorID)
	return n > 0, err
}

// Bury marks the id as dead, on the word of the actor.
func (tx *Tx) Bury(actorID int64, uri string) error {
	_, err := tx.exec(`INSERT INTO tombstones (uri, actor_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, uri, actorID, Now())
	return err
}

// PostOfKey is the post an Idempotency-Key already made, 0 if none.
func (r Reader) PostOfKey(actorID int64, key string) (int64, error) {
	return r.number(`SELECT post_id FROM idempotency_keys WHERE actor_id = ? AND key = ? AND created_at > ?`, actorID, key, Now()-3600_000)
}

// ClaimKey takes an Idempotency-Key for a post and tells whether it was free.
func (tx *Tx) ClaimKey(actorID int64, key string, postID int64) (bool, error) {
	n, err := tx.exec(`INSERT INTO idempotency_keys (actor_id, key, post_id, created_at) VALUES (?, ?, ?, ?)
 ON CONFLICT (actor_id, key) DO UPDATE SET post_id = excluded.post_id, created_at = excluded.created_at WHERE idempotency_keys.created_at <= ?`, actorID, key, postID, Now(), Now()-3600_000)
	return n > 0, err
}
