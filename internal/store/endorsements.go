package store

// Endorsements are whom the actor recommends on their profile.
func (r Reader) Endorsements(actorID int64, page Page) ([]Listed, error) {
	return r.listed(page, "e.id", "e.target_id", "endorsements e JOIN actors a ON a.id = e.target_id", "e.actor_id = ? AND "+present, actorID)
}

// Endorse recommends somebody whom the actor follows, and tells whether the
// actor does.
func (tx *Tx) Endorse(actorID, target int64) (bool, error) {
	follows, err := tx.Follows(actorID, []int64{target})
	if err != nil || !follows[target] {
		return false, err
	}
	_, err = tx.exec(`INSERT INTO endorsements (id, actor_id, target_id, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), actorID, target, Now())
	return true, err
}

// Unendorse ends that.
func (tx *Tx) Unendorse(actorID, target int64) error {
	_, err := tx.exec(`DELETE FROM endorsements WHERE actor_id = ? AND target_id = ?`, actorID, target)
	return err
}
