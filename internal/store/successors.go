package store

// SetSuccessor says who answers in place of one of ours that is closed, 0 for
// nobody.
func (tx *Tx) SetSuccessor(actorID, successorID int64) error {
	_, err := tx.exec(`UPDATE actors SET successor_id = ?, revision = revision + 1 WHERE id = ?`, successorID, actorID)
	return err
}

// NoteSuccessor remembers that the sender is told now who answers in place of the
// account, and reports whether that is the first time since the given one.
func (tx *Tx) NoteSuccessor(accountID, senderID int64, since Time) (bool, error) {
	n, err := tx.exec(`INSERT INTO successor_notes (account_id, sender_id, sent_at) VALUES (?, ?, ?)
 ON CONFLICT (account_id, sender_id) DO UPDATE SET sent_at = excluded.sent_at WHERE successor_notes.sent_at < ?`, accountID, senderID, Now(), since)
	return n > 0, err
}
