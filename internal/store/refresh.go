package store

// ClaimReplies notes that the answers to a post are asked for now, and tells
// whether they were not since before.
func (tx *Tx) ClaimReplies(post int64, before Time) (bool, error) {
	n, err := tx.exec(`UPDATE posts SET replies_read_at = ? WHERE id = ? AND replies_read_at <= ?`, Now(), post, before)
	return n > 0, err
}

// ClaimOutbox notes that the first posts of a remote actor are read now, and
// tells whether they were not before.
func (tx *Tx) ClaimOutbox(actor int64) (bool, error) {
	n, err := tx.exec(`UPDATE actors SET outbox_read_at = ? WHERE id = ? AND outbox_read_at = 0`, Now(), actor)
	return n > 0, err
}

// ClaimRefresh notes that a remote actor, last fetched before a time, is asked
// anew, and tells whether that was due. Nobody else asks until the given time.
func (tx *Tx) ClaimRefresh(actor int64, before, until Time) (bool, error) {
	n, err := tx.exec(`UPDATE actors SET refresh_at = ? WHERE id = ? AND fetched_at < ? AND refresh_at <= ? AND domain <> ''`, until, actor, before, Now())
	return n > 0, err
}

// RefreshFailed notes that an actor was asked in vain: each time in a row the
// pause is twice as long, up to two weeks.
func (tx *Tx) RefreshFailed(actor int64) error {
	const hour, longest = 3600_000, 14 * 24 * 3600_000
	_, err := tx.exec(`UPDATE actors SET refresh_failures = refresh_failures + 1,
 refresh_at = CAST(? AS bigint) + CASE WHEN refresh_failures >= 8 THEN CAST(? AS bigint) ELSE ? * (CAST(1 AS bigint) << CAST(refresh_failures AS int)) END WHERE id = ?`, Now(), longest, hour, actor)
	return err
}

// RefreshDone forgets the failures before.
func (tx *Tx) RefreshDone(actor int64) error {
	_, err := tx.exec(`UPDATE actors SET refresh_failures = 0, refresh_at = 0 WHERE id = ? AND (refresh_failures <> 0 OR refresh_at <> 0)`, actor)
	return err
}
