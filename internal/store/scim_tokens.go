package store

// SCIMToken lets a directory say who is there.
type SCIMToken struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	Issuer    string
	Name      string
	TokenHash string
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UsedAt    Time
	ExpiresAt Time // 0: never
	RevokedAt Time
}

// TableName is the table of SCIMToken.
func (SCIMToken) TableName() string { return "scim_tokens" }

// SCIMToken is the live token with the hash.
func (r Reader) SCIMToken(hash string) (*SCIMToken, error) {
	var t SCIMToken
	return &t, r.one(&t, "Token", `SELECT * FROM scim_tokens WHERE token_hash = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)`, hash, Now())
}

// SCIMTokens are those that were not revoked, oldest first.
func (r Reader) SCIMTokens() ([]*SCIMToken, error) {
	var rows []*SCIMToken
	return rows, r.scan(&rows, `SELECT * FROM scim_tokens WHERE revoked_at = 0 ORDER BY id`)
}

// CreateSCIMToken stores a token.
func (tx *Tx) CreateSCIMToken(t *SCIMToken) error { return tx.g.Create(t).Error }

// TouchSCIMToken remembers that a token was used.
func (tx *Tx) TouchSCIMToken(id int64) error {
	_, err := tx.exec(`UPDATE scim_tokens SET used_at = ? WHERE id = ?`, Now(), id)
	return err
}

// RevokeSCIMToken ends a token and tells which it was.
func (tx *Tx) RevokeSCIMToken(id int64) (*SCIMToken, error) {
	var t SCIMToken
	return &t, tx.one(&t, "Token", `UPDATE scim_tokens SET revoked_at = ? WHERE id = ? AND revoked_at = 0 RETURNING *`, Now(), id)
}
