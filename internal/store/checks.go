package store

import "time"

// checkLife is how long the node knows a secret of its owner's check.
const checkLife = time.Minute

// BeginCheck stores the hash of the secret by which the node, wherever it runs,
// knows a request of its owner's check.
func (tx *Tx) BeginCheck(tokenHash string) error {
	if _, err := tx.exec(`DELETE FROM secrets WHERE name LIKE 'check:%' AND created_at <= ?`, Now().Add(-checkLife)); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO secrets (name, value, created_at) VALUES (?, '', ?)`, "check:"+tokenHash, Now())
	return err
}

// Check finds out whether a check began with the secret: strangers who guess
// cost no write.
func (r Reader) Check(tokenHash string) error {
	var name string
	return r.one(&name, "Check", `SELECT name FROM secrets WHERE name = ? AND created_at > ?`, "check:"+tokenHash, Now().Add(-checkLife))
}

// TakeCheck uses the secret of a check up.
func (tx *Tx) TakeCheck(tokenHash string) error {
	var name string
	return tx.one(&name, "Check", `DELETE FROM secrets WHERE name = ? AND created_at > ? RETURNING name`, "check:"+tokenHash, Now().Add(-checkLife))
}
