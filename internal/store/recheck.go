package store

// What an identity provider was asked last about people who have access here, and
// what it is asked by: a refresh token for each identity.

// stillConnected is a condition that the person of an identity has access, or a code
// that becomes some: sessions and apps, also those of shared accounts.
const stillConnected = `(EXISTS (SELECT 1 FROM sessions s WHERE s.actor_id = i.actor_id AND s.acted_by = 0 AND s.ended_at = 0 AND s.expires_at > ?)
 OR EXISTS (SELECT 1 FROM sessions s WHERE s.acted_by = i.actor_id AND s.acted_by <> 0 AND s.ended_at = 0 AND s.expires_at > ?)
 OR EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.actor_id = i.actor_id AND t.acted_by = 0 AND t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ? OR t.refresh_hash <> ''))
 OR EXISTS (SELECT 1 FROM oauth_tokens t WHERE t.acted_by = i.actor_id AND t.acted_by <> 0 AND t.revoked_at = 0 AND (t.expires_at = 0 OR t.expires_at > ? OR t.refresh_hash <> ''))
 OR EXISTS (SELECT 1 FROM oauth_codes c WHERE (c.actor_id = i.actor_id OR c.acted_by = i.actor_id) AND c.used_at = 0 AND c.expires_at > ?))`

// Confirm keeps that an issuer has vouched for a subject just now, and by what to
// ask it again.
func (tx *Tx) Confirm(issuer, subject, refresh string) error {
	_, err := tx.exec(`UPDATE identities SET refresh_token = ?, checked_at = ?, asked_at = ? WHERE issuer = ? AND subject = ?`, refresh, Now(), Now(), issuer, subject)
	return err
}

// Unconfirmed are at most limit of an issuer's identities whose people have access
// here and of whom it last said before checked that they are there: who was asked
// about longest ago comes first, and who was since asked does not.
func (r Reader) Unconfirmed(issuer string, checked, asked Time, limit int) ([]*Identity, error) {
	var rows []*Identity
	now := Now()
	return rows, r.scan(&rows, `SELECT i.* FROM identities i WHERE i.issuer = ? AND i.refresh_token <> '' AND i.checked_at < ? AND i.asked_at < ? AND `+stillConnected+`
 ORDER BY i.asked_at LIMIT ?`, issuer, checked, asked, now, now, now, now, now, limit)
}

// TakeRecheck has the caller ask about an identity, and nobody else meanwhile: it
// tells whether nobody has since it was read.
func (tx *Tx) TakeRecheck(i *Identity) (bool, error) {
	n, err := tx.exec(`UPDATE identities SET asked_at = ? WHERE issuer = ? AND subject = ? AND asked_at = ? AND refresh_token = ?`,
		Now(), i.Issuer, i.Subject, i.AskedAt, i.RefreshToken)
	return n > 0, err
}

// HoldRecheck is the identity as it is now, which nobody changes until the transaction
// ends. It is a fault.NotFound if it is asked about by another refresh token than
// before, or by none: somebody signed in, or all access ended, meanwhile.
func (tx *Tx) HoldRecheck(before *Identity) (*Identity, error) {
	var i Identity
	return &i, tx.one(&i, "Identity", `SELECT * FROM identities WHERE issuer = ? AND subject = ? AND refresh_token = ?`+tx.locking(), before.Issuer, before.Subject, before.RefreshToken)
}

// KeepRefreshToken keeps what a provider gave in exchange for a refresh token.
func (tx *Tx) KeepRefreshToken(issuer, subject, refresh string) error {
	_, err := tx.exec(`UPDATE identities SET refresh_token = ? WHERE issuer = ? AND subject = ?`, refresh, issuer, subject)
	return err
}

// ForgetIdleRefreshTokens drops those of people who have no access any more.
func (tx *Tx) ForgetIdleRefreshTokens() error {
	now := Now()
	_, err := tx.exec(`UPDATE identities AS i SET refresh_token = '' WHERE refresh_token <> '' AND NOT `+stillConnected, now, now, now, now, now)
	return err
}

// ForgetRefreshTokens drops those of all issuers but these.
func (tx *Tx) ForgetRefreshTokens(but []string) error {
	cond, arg := tx.inText("issuer", but)
	_, err := tx.exec(`UPDATE identities SET refresh_token = '' WHERE refresh_token <> '' AND NOT (`+cond+`)`, arg)
	return err
}
