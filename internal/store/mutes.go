package store

// Mutes are whom the actor does not want to hear.
func (r Reader) Mutes(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "id", "target_id", "mutes", "actor_id = ? AND (expires_at = 0 OR expires_at > ?)", actorID, Now())
}

// SetMute stores whom the actor does not want to hear until expires.
func (tx *Tx) SetMute(actor, target int64, notifications bool, expires Time) error {
	_, err := tx.exec(`INSERT INTO mutes (id, actor_id, target_id, notifications, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (actor_id, target_id) DO UPDATE SET notifications = excluded.notifications, expires_at = excluded.expires_at`, NewID(), actor, target, notifications, expires, Now())
	return err
}

// Mute is that somebody does not want to hear another.
type Mute struct{ ActorID, TargetID int64 }

// EndedMutes are some mutes whose time has come.
func (r Reader) EndedMutes(limit int) ([]Mute, error) {
	var rows []Mute
	return rows, r.scan(&rows, `SELECT actor_id, target_id FROM mutes WHERE expires_at <> 0 AND expires_at <= ? ORDER BY expires_at LIMIT ?`, Now(), limit)
}

// DeleteMute lets the actor hear target again: what target posted meanwhile
// comes to where the actor would have read it.
func (tx *Tx) DeleteMute(actor, target int64) error {
	gone, err := tx.exec(`DELETE FROM mutes WHERE actor_id = ? AND target_id = ?`, actor, target)
	if err != nil || gone == 0 {
		return err
	}
	lists, err := tx.ListsOf(actor, target)
	if err != nil {
		return err
	}
	for _, l := range lists {
		if err := tx.fillList(l, target); err != nil {
			return err
		}
	}
	return tx.homeOf(actor, target)
}
