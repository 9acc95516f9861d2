package store

// UseLogoutToken remembers a logout token of a provider until it expires, and
// tells whether it is the first time.
func (tx *Tx) UseLogoutToken(issuer, jti string, expires Time) (bool, error) {
	if _, err := tx.exec(`DELETE FROM logout_tokens WHERE expires_at < ?`, Now()); err != nil {
		return false, err
	}
	n, err := tx.exec(`INSERT INTO logout_tokens (issuer, jti, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, issuer, jti, expires)
	return n > 0, err
}

// SessionPeople are whose sessions here belong to a session at a provider, also
// those that have ended: their apps may still be connected.
func (r Reader) SessionPeople(issuer, sid string) ([]int64, error) {
	return r.ids(`SELECT DISTINCT CASE WHEN acted_by <> 0 THEN acted_by ELSE actor_id END AS person FROM sessions WHERE issuer = ? AND provider_sid = ? AND provider_sid <> '' ORDER BY person`, issuer, sid)
}

// EndProviderSession ends what belongs here to a session at a provider, and
// tells whose it was.
func (tx *Tx) EndProviderSession(issuer, sid string) ([]int64, error) {
	return tx.ids(`UPDATE sessions SET ended_at = ? WHERE issuer = ? AND provider_sid = ? AND provider_sid <> '' AND ended_at = 0 RETURNING CASE WHEN acted_by <> 0 THEN acted_by ELSE actor_id END`, Now(), issuer, sid)
}
