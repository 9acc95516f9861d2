package store

// Follow is the follow of target by follower, accepted or not.
func (r Reader) Follow(follower, target int64) (*Follow, error) {
	var f Follow
	return &f, r.one(&f, "Follow", `SELECT * FROM follows WHERE follower_id = ? AND target_id = ?`, follower, target)
}

// FollowByURI is the follow that the activity asked for.
func (r Reader) FollowByURI(uri string) (*Follow, error) {
	var f Follow
	return &f, r.one(&f, "Follow", `SELECT * FROM follows WHERE uri = ?`, uri)
}

// Relation is how a viewer stands to another actor.
type Relation struct {
	ActorID             int64
	Following           bool
	Requested           bool
	ShowBoosts          bool
	Notify              bool
	Languages           string // JSON
	FollowedBy          bool
	RequestedBy         bool
	Blocking            bool
	BlockedBy           bool
	Muting              bool
	MutingNotifications bool
	MutingUntil         Time
	DomainBlocking      bool
	Endorsed            bool
	Comment             string
}

// Relations are how the viewer stands to each of the actors, in their order.
func (r Reader) Relations(viewer int64, ids []int64) ([]*Relation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cond, arg := r.in("a.id", ids)
	var rows []*Relation
	err := r.scan(&rows, `SELECT a.id AS actor_id,
 COALESCE(f.accepted, FALSE) AS following, (f.id IS NOT NULL AND NOT f.accepted) AS requested, COALESCE(f.show_boosts, FALSE) AS show_boosts, COALESCE(f.notify, FALSE) AS notify, COALESCE(f.languages, '[]') AS languages,
 COALESCE(b.accepted, FALSE) AS followed_by, (b.id IS NOT NULL AND NOT b.accepted) AS requested_by,
 EXISTS (SELECT 1 FROM blocks x WHERE x.actor_id = ? AND x.target_id = a.id) AS blocking,
 EXISTS (SELECT 1 FROM blocks x WHERE x.actor_id = a.id AND x.target_id = ?) AS blocked_by,
 (m.id IS NOT NULL) AS muting, EXISTS (SELECT 1 FROM domain_blocks d WHERE d.actor_id = ? AND d.domain = a.domain) AS domain_blocking, COALESCE(m.notifications, FALSE) AS muting_notifications, COALESCE(m.expires_at, 0) AS muting_until,
 EXISTS (SELECT 1 FROM endorsements e WHERE e.actor_id = ? AND e.target_id = a.id) AS endorsed, COALESCE(n.comment, '') AS comment
 FROM actors a LEFT JOIN follows f ON f.follower_id = ? AND f.target_id = a.id
 LEFT JOIN follows b ON b.follower_id = a.id AND b.target_id = ?
 LEFT JOIN mutes m ON m.actor_id = ? AND m.target_id = a.id AND (m.expires_at = 0 OR m.expires_at > ?)
 LEFT JOIN account_notes n ON n.actor_id = ? AND n.target_id = a.id WHERE `+cond,
		viewer, viewer, viewer, viewer, viewer, viewer, viewer, Now(), viewer, arg)
	if err != nil {
		return nil, err
	}
	found := byID(rows, func(r *Relation) int64 { return r.ActorID })
	list := make([]*Relation, 0, len(ids))
	for _, id := range ids {
		if rel := found[id]; rel != nil {
			list = append(list, rel)
		}
	}
	return list, nil
}

// Follows tells whom of the others the actor follows.
func (r Reader) Follows(actor int64, others []int64) (map[int64]bool, error) {
	cond, arg := r.in("target_id", others)
	ids, err := r.ids(`SELECT target_id FROM follows WHERE follower_id = ? AND accepted AND `+cond, actor, arg)
	follows := make(map[int64]bool, len(ids))
	for _, id := range ids {
		follows[id] = true
	}
	return follows, err
}

// Listed is a line of a list of actors: Key pages it.
type Listed struct {
	Key     int64
	ActorID int64
}

func (r Reader) listed(page Page, key, actor, from, where string, args ...any) ([]Listed, error) {
	bounds, boundArgs, order := page.bounds(key)
	var rows []Listed
	err := r.scan(&rows, `SELECT `+key+` AS key, `+actor+` AS actor_id FROM `+from+` WHERE `+where+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append(args, boundArgs...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Followers are who hears the actor, paged by follow.
func (r Reader) Followers(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "f.id", "f.follower_id", "follows f JOIN actors a ON a.id = f.follower_id", "f.target_id = ? AND f.accepted AND "+present, actorID)
}

// Following are whom the actor hears, paged by follow.
func (r Reader) Following(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "f.id", "f.target_id", "follows f JOIN actors a ON a.id = f.target_id", "f.follower_id = ? AND f.accepted AND "+present, actorID)
}

// Familiar are for each of the targets some of those who hear it and whom the
// reader hears, newest first. A circle that is hidden, or hidden from the
// reader by a block, has none.
func (r Reader) Familiar(reader int64, targets []int64, each int) (map[int64][]int64, error) {
	var rows []Follow
	cond, arg := r.in("f.target_id", targets)
	err := r.scan(&rows, `SELECT target_id, follower_id FROM (
 SELECT f.target_id, f.follower_id, ROW_NUMBER() OVER (PARTITION BY f.target_id ORDER BY f.id DESC) AS place
 FROM follows f JOIN follows mine ON mine.follower_id = ? AND mine.target_id = f.follower_id AND mine.accepted
 JOIN actors a ON a.id = f.follower_id JOIN actors t ON t.id = f.target_id
 WHERE `+cond+` AND f.accepted AND NOT t.hide_collections AND `+present+`
 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = f.target_id AND b.target_id = ?)) circle WHERE place <= ? ORDER BY place`, reader, arg, reader, each)
	circles := map[int64][]int64{}
	for _, f := range rows {
		circles[f.TargetID] = append(circles[f.TargetID], f.FollowerID)
	}
	return circles, err
}

// FollowRequests are who asks to follow the actor.
func (r Reader) FollowRequests(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "f.id", "f.follower_id", "follows f JOIN actors a ON a.id = f.follower_id", "f.target_id = ? AND NOT f.accepted AND "+present, actorID)
}

// Asking are requests to follow the actor, by those who are not limited.
func (r Reader) Asking(actorID int64, limit int) ([]*Follow, error) {
	var rows []*Follow
	return rows, r.scan(&rows, `SELECT f.* FROM follows f JOIN actors a ON a.id = f.follower_id WHERE f.target_id = ? AND NOT f.accepted AND NOT a.limited AND `+present+` ORDER BY f.id LIMIT ?`, actorID, limit)
}

// Blocks are whom the actor blocks.
func (r Reader) Blocks(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "id", "target_id", "blocks", "actor_id = ?", actorID)
}

// FavouritedBy are who favourited the post.
func (r Reader) FavouritedBy(postID int64, page Page) ([]Listed, error) {
	return r.listed(page, "f.id", "f.actor_id", "favourites f JOIN actors a ON a.id = f.actor_id", "f.post_id = ? AND "+present, postID)
}

// BoostedBy are who boosted the post.
func (r Reader) BoostedBy(postID int64, page Page) ([]Listed, error) {
	return r.listed(page, "p.id", "p.actor_id", "posts p JOIN actors a ON a.id = p.actor_id", "p.boost_of_id = ? AND p.boost_of_id <> 0 AND p.deleted_at = 0 AND p.visibility IN ('public','unlisted') AND "+present, postID)
}

// FollowerInboxes are the inboxes, each once, of the remote followers of the
// actor: the shared one where there is one.
func (r Reader) FollowerInboxes(actorID int64) ([]string, error) {
	var inboxes []string
	return inboxes, r.scan(&inboxes, `SELECT DISTINCT CASE WHEN a.shared_inbox_uri <> '' THEN a.shared_inbox_uri ELSE a.inbox_uri END
 FROM follows f JOIN actors a ON a.id = f.follower_id WHERE f.target_id = ? AND f.accepted AND a.domain <> '' AND a.lifecycle = 'active' AND NOT a.domain_blocked`, actorID)
}

// RemoteFollowers are the ids of those elsewhere who hear the actor.
func (r Reader) RemoteFollowers(actorID int64) ([]string, error) {
	var uris []string
	return uris, r.scan(&uris, `SELECT a.uri FROM follows f JOIN actors a ON a.id = f.follower_id WHERE f.target_id = ? AND f.accepted AND a.domain <> ''`, actorID)
}

// LocalFollowers are those of ours who hear the actor.
func (r Reader) LocalFollowers(actorID int64) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT a.* FROM follows f JOIN actors a ON a.id = f.follower_id WHERE f.target_id = ? AND f.accepted AND a.domain = ''`, actorID)
}

// KeenFollowers are those of the readers of a new post, at home or in a list,
// who asked to be told of each post of its author.
func (r Reader) KeenFollowers(p *Post, readers []int64) ([]int64, error) {
	cond, arg := r.in("follower_id", readers)
	return r.ids(`SELECT follower_id FROM follows WHERE target_id = ? AND accepted AND notify AND (`+cond+`
 OR EXISTS (SELECT 1 FROM list_entries e JOIN lists l ON l.id = e.list_id WHERE e.post_id = ? AND l.actor_id = follower_id))`, p.ActorID, arg, p.ID)
}

// HasLocalFollowers reports whether anybody here hears the actor.
func (r Reader) HasLocalFollowers(actorID int64) (bool, error) {
	n, err := r.number(`SELECT 1 FROM follows f JOIN users u ON u.actor_id = f.follower_id WHERE f.target_id = ? AND f.accepted LIMIT 1`, actorID)
	return n > 0, err
}

// Blocked reports whether either has blocked the other, or the domain of the
// other.
func (r Reader) Blocked(a, b int64) (bool, error) {
	for _, pair := range [][2]int64{{a, b}, {b, a}} {
		if blocked, err := r.HasBlocked(pair[0], pair[1]); err != nil || blocked {
			return blocked, err
		}
	}
	return false, nil
}

// HasBlocked reports whether actor has blocked target, or the domain of target.
func (r Reader) HasBlocked(actor, target int64) (bool, error) {
	n, err := r.number(`SELECT 1 FROM blocks WHERE actor_id = ? AND target_id = ?
 UNION ALL SELECT 1 FROM domain_blocks d JOIN actors t ON t.domain = d.domain WHERE d.actor_id = ? AND t.id = ? LIMIT 1`, actor, target, actor, target)
	return n > 0, err
}

// CreateFollow stores a follow, or renews the request where one stands.
func (tx *Tx) CreateFollow(f *Follow) error {
	f.CreatedAt = Now()
	if f.Languages == nil {
		f.Languages = []string{}
	}
	if _, err := tx.exec(`DELETE FROM follows WHERE follower_id = ? AND target_id = ? AND NOT accepted`, f.FollowerID, f.TargetID); err != nil {
		return err
	}
	accepted := f.Accepted
	f.Accepted = false
	if err := tx.g.Create(f).Error; err != nil || !accepted {
		return err
	}
	f.Accepted = true
	_, err := tx.AcceptFollow(f)
	return err
}

// UpdateFollow stores how the follower wants to hear the target.
func (tx *Tx) UpdateFollow(f *Follow) error {
	return tx.g.Model(f).Select("ShowBoosts", "Notify", "Languages", "URI").Updates(f).Error
}

// AcceptFollow makes a request a fact, and counts it; it tells whether it was
// this call that did.
func (tx *Tx) AcceptFollow(f *Follow) (bool, error) {
	n, err := tx.exec(`UPDATE follows SET accepted = TRUE WHERE id = ? AND NOT accepted`, f.ID)
	if err != nil || n == 0 {
		return false, err
	}
	if err := tx.countFollow(f, +1); err != nil {
		return false, err
	}
	return true, tx.Backfill(f.FollowerID, f.TargetID)
}

// DeleteFollow ends a follow or a request: the reader loses at once what only
// followers may see.
func (tx *Tx) DeleteFollow(f *Follow) error {
	// What f says may be older than an Accept by another process.
	var gone []bool
	if err := tx.scan(&gone, `DELETE FROM follows WHERE id = ? RETURNING accepted`, f.ID); err != nil || len(gone) == 0 {
		return err
	}
	if gone[0] {
		if err := tx.countFollow(f, -1); err != nil {
			return err
		}
	}
	if err := tx.unnotify(`reader_id = ? AND from_id = ? AND kind IN ('follow','follow_request')`, f.TargetID, f.FollowerID); err != nil {
		return err
	}
	return tx.forgetFollowed(f.FollowerID, f.TargetID)
}

// forgetFollowed takes somebody whom the reader follows no more out of the
// reader's home and lists, and off the reader's profile.
func (tx *Tx) forgetFollowed(reader, target int64) error {
	if err := tx.Unfill(reader, target); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM list_entries WHERE list_id IN (SELECT id FROM lists WHERE actor_id = ?) AND post_id IN (SELECT id FROM posts WHERE actor_id = ?)`,
		`DELETE FROM list_members WHERE list_id IN (SELECT id FROM lists WHERE actor_id = ?) AND actor_id = ?`,
		`DELETE FROM endorsements WHERE actor_id = ? AND target_id = ?`,
	} {
		if _, err := tx.exec(query, reader, target); err != nil {
			return err
		}
	}
	return nil
}

// EndFollows ends all follows of the actor and by the actor, asked for or
// accepted.
func (tx *Tx) EndFollows(actorID int64) error {
	var all []*Follow
	if err := tx.scan(&all, `SELECT * FROM follows WHERE follower_id = ? OR target_id = ? ORDER BY id`, actorID, actorID); err != nil {
		return err
	}
	for _, f := range all {
		if err := tx.DeleteFollow(f); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) countFollow(f *Follow, by int) error {
	following := func() error {
		_, err := tx.exec(`UPDATE actors SET following_count = following_count + ?, revision = revision + 1 WHERE id = ?`, by, f.FollowerID)
		return err
	}
	followers := func() error {
		_, err := tx.exec(`UPDATE actors SET followers_count = followers_count + ?, revision = revision + 1 WHERE id = ?`, by, f.TargetID)
		return err
	}
	// Two who follow each other at the same time take the rows in one order.
	if f.FollowerID > f.TargetID {
		following, followers = followers, following
	}
	if err := following(); err != nil {
		return err
	}
	return followers()
}

// CreateBlock stores a block and tells whether it is new. What the blocked
// told the actor goes with it.
func (tx *Tx) CreateBlock(uri string, actor, target int64) (bool, error) {
	n, err := tx.exec(`INSERT INTO blocks (id, uri, actor_id, target_id, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), uri, actor, target, Now())
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.unnotify(`reader_id = ? AND from_id = ?`, actor, target)
}

// RenewBlock has a block stand under the id of the activity that said it again.
func (tx *Tx) RenewBlock(uri string, actor, target int64) error {
	return tx.renew("blocks", uri, "actor_id = ? AND target_id = ?", actor, target)
}

// BlockByURI is who blocks whom by the activity.
func (r Reader) BlockByURI(uri string) (actor, target int64, err error) {
	var row struct{ ActorID, TargetID int64 }
	err = r.one(&row, "Block", `SELECT actor_id, target_id FROM blocks WHERE uri = ?`, uri)
	return row.ActorID, row.TargetID, err
}

// DeleteBlock ends a block and gives the URI it had, empty if there was none.
func (tx *Tx) DeleteBlock(actor, target int64) (string, error) {
	var uri string
	err := tx.scan(&uri, `DELETE FROM blocks WHERE actor_id = ? AND target_id = ? RETURNING uri`, actor, target)
	return uri, err
}

// SetAccountNote keeps a private comment about another actor.
func (tx *Tx) SetAccountNote(actor, target int64, comment string) error {
	_, err := tx.exec(`INSERT INTO account_notes (actor_id, target_id, comment) VALUES (?, ?, ?) ON CONFLICT (actor_id, target_id) DO UPDATE SET comment = excluded.comment`, actor, target, comment)
	return err
}
