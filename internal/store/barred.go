package store

// RemoteHosts are the hosts of all whom we have met.
func (r Reader) RemoteHosts() ([]string, error) {
	var hosts []string
	return hosts, r.scan(&hosts, `SELECT DISTINCT host FROM actors WHERE domain <> '' ORDER BY host`)
}

// RuleHosts stores what the policy for some hosts means for all on them.
func (tx *Tx) RuleHosts(hosts []string, limited, blocked bool) error {
	cond, arg := tx.inText("host", hosts)
	var changed []int64
	changed, err := tx.ids(`UPDATE actors SET limited = (? OR account_limited), domain_blocked = ?, revision = revision + 1
 WHERE domain <> '' AND `+cond+` AND (limited <> (? OR account_limited) OR domain_blocked <> ?) RETURNING id`, limited, blocked, arg, limited, blocked)
	if err != nil || len(changed) == 0 {
		return err
	}
	return tx.list(changed)
}

// LimitAccount keeps one actor out of public timelines, or lets them in again
// where no policy for their host says otherwise.
func (tx *Tx) LimitAccount(actorID int64, limited, hostLimited bool) error {
	if _, err := tx.exec(`UPDATE actors SET account_limited = ?, limited = ?, revision = revision + 1 WHERE id = ?`, limited, limited || hostLimited, actorID); err != nil {
		return err
	}
	return tx.list([]int64{actorID})
}

// list puts the posts of the actors into public timelines, or takes them out,
// as the actors are limited or not.
func (tx *Tx) list(actors []int64) error {
	cond, arg := tx.in("actor_id", actors)
	if _, err := tx.exec(`UPDATE posts SET listed = FALSE WHERE listed AND `+cond+` AND EXISTS (SELECT 1 FROM actors a WHERE a.id = posts.actor_id AND a.limited)`, arg); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE posts SET listed = TRUE WHERE NOT listed AND visibility = 'public' AND boost_of_id = 0 AND deleted_at = 0
 AND (in_reply_to_uri = '' OR in_reply_to_actor_id = actor_id) AND `+cond+` AND EXISTS (SELECT 1 FROM actors a WHERE a.id = posts.actor_id AND NOT a.limited)`, arg)
	return err
}

// Recount counts anew what is shown of favourites, boosts and answers on the
// posts that the actors on the hosts had a part in: those who are hidden do not
// count.
func (tx *Tx) Recount(hosts []string) error {
	cond, arg := tx.inText("host", hosts)
	return tx.recount(`SELECT id FROM actors WHERE domain <> '' AND `+cond, arg)
}

// RecountActor is Recount for one actor.
func (tx *Tx) RecountActor(actorID int64) error {
	return tx.recount(`SELECT id FROM actors WHERE id = ?`, actorID)
}

func (tx *Tx) recount(who string, arg any) error {
	_, err := tx.exec(`UPDATE posts SET revision = revision + 1,
 favourites_count = (SELECT COUNT(*) FROM favourites f JOIN actors a ON a.id = f.actor_id WHERE f.post_id = posts.id AND `+present+`),
 boosts_count = (SELECT COUNT(*) FROM posts b JOIN actors a ON a.id = b.actor_id WHERE b.boost_of_id = posts.id AND b.boost_of_id <> 0 AND b.deleted_at = 0 AND `+present+`),
 replies_count = (SELECT COUNT(*) FROM posts q JOIN actors a ON a.id = q.actor_id WHERE q.in_reply_to_id = posts.id AND q.in_reply_to_id <> 0 AND q.deleted_at = 0 AND q.held_until = 0
  AND q.scope = 'world' AND q.visibility IN ('public','unlisted') AND `+present+`)
 WHERE id IN (SELECT post_id FROM favourites WHERE actor_id IN (`+who+`)
  UNION SELECT boost_of_id FROM posts WHERE boost_of_id <> 0 AND actor_id IN (`+who+`)
  UNION SELECT in_reply_to_id FROM posts WHERE in_reply_to_id <> 0 AND actor_id IN (`+who+`))`, arg, arg, arg)
	return err
}

// KnownInboxes are the inboxes, each once, of all remote actors that are there.
func (r Reader) KnownInboxes() ([]string, error) {
	var inboxes []string
	return inboxes, r.scan(&inboxes, `SELECT DISTINCT CASE WHEN shared_inbox_uri <> '' THEN shared_inbox_uri ELSE inbox_uri END FROM actors
 WHERE domain <> '' AND lifecycle = 'active' AND NOT domain_blocked`)
}

// FollowersToMove are follows of the actor by our people, those above the given
// id, at most limit.
func (r Reader) FollowersToMove(actorID, above int64, limit int) ([]*Follow, error) {
	var rows []*Follow
	return rows, r.scan(&rows, `SELECT f.* FROM follows f JOIN users u ON u.actor_id = f.follower_id WHERE f.target_id = ? AND f.accepted AND f.id > ? ORDER BY f.id LIMIT ?`, actorID, above, limit)
}

// ClaimMove notes that the actor has moved to target, unless its followers were
// moved since the given time: it tells whether it did.
func (tx *Tx) ClaimMove(actorID int64, target string, before Time) (bool, error) {
	n, err := tx.exec(`UPDATE actors SET moved_to_uri = ?, moved_at = ?, revision = revision + 1, updated_at = ? WHERE id = ? AND moved_at <= ?`, target, Now(), Now(), actorID, before)
	return n > 0, err
}
