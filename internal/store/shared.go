package store

// Membership is that a person may act as a shared account.
type Membership struct {
	AccountID int64
	PersonID  int64
	AddedBy   int64
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// TableName is the table of Membership.
func (Membership) TableName() string { return "shared_members" }

// mayActFor is a condition on a row x of sessions, codes or tokens: it is somebody's
// own, or the person behind it is an active member of the shared account. It
// holds at every use, whatever is ended when a membership is.
func mayActFor(x string) string {
	return `(` + x + `.acted_by = 0 OR EXISTS (SELECT 1 FROM shared_members m JOIN actors p ON p.id = m.person_id
 WHERE m.account_id = ` + x + `.actor_id AND m.person_id = ` + x + `.acted_by AND p.lifecycle = 'active'))`
}

// SharedAccounts are those of this node, oldest first.
func (r Reader) SharedAccounts() ([]*Actor, error) { return r.ownOfKind(SharedKind) }

// Bots are those of this node, oldest first.
func (r Reader) Bots() ([]*Actor, error) { return r.ownOfKind(BotKind) }

func (r Reader) ownOfKind(kind string) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT a.* FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id AND a.kind = ? AND a.lifecycle <> 'erased' ORDER BY a.id`, kind)
}

// ActsAs are the shared accounts that a person may act as now, by name.
func (r Reader) ActsAs(person int64) ([]*Actor, error) {
	var rows []*Actor
	return rows, r.scan(&rows, `SELECT a.* FROM shared_members m JOIN actors a ON a.id = m.account_id
 WHERE m.person_id = ? AND a.lifecycle = 'active' ORDER BY a.username`, person)
}

// MayActAs reports whether a person is a member of a shared account that is active.
func (r Reader) MayActAs(person, account int64) (bool, error) {
	n, err := r.number(`SELECT COUNT(*) FROM shared_members m JOIN actors a ON a.id = m.account_id JOIN actors p ON p.id = m.person_id
 WHERE m.person_id = ? AND m.account_id = ? AND a.lifecycle = 'active' AND p.lifecycle = 'active'`, person, account)
	return n > 0, err
}

// SharedMembers are the memberships of shared accounts, by account, in the order in
// which people joined.
func (r Reader) SharedMembers(accounts []int64) (map[int64][]Membership, error) {
	cond, arg := r.in("account_id", accounts)
	var rows []Membership
	err := r.scan(&rows, `SELECT * FROM shared_members WHERE `+cond+` ORDER BY created_at, person_id`, arg)
	return group(rows, func(m Membership) int64 { return m.AccountID }), err
}

// AddSharedMember lets a person act as a shared account, and tells whether that is new.
func (tx *Tx) AddSharedMember(m *Membership) (bool, error) {
	n, err := tx.exec(`INSERT INTO shared_members (account_id, person_id, added_by, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		m.AccountID, m.PersonID, m.AddedBy, m.CreatedAt)
	return n > 0, err
}

// RemoveSharedMember ends a membership with every session, token and code that the
// person has of the account, and tells whether there was one.
func (tx *Tx) RemoveSharedMember(account, person int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM shared_members WHERE account_id = ? AND person_id = ?`, account, person)
	if err != nil {
		return false, err
	}
	return n > 0, tx.endAccess(`actor_id = ? AND acted_by = ?`, account, person)
}

// endAccess ends the sessions, tokens and codes of which the condition holds.
func (tx *Tx) endAccess(of string, args ...any) error {
	if _, err := tx.exec(`DELETE FROM oauth_codes WHERE used_at = 0 AND `+of, args...); err != nil {
		return err
	}
	now := append([]any{Now()}, args...)
	if _, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE ended_at = 0 AND `+of, now...); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE oauth_tokens SET revoked_at = ? WHERE revoked_at = 0 AND `+of, now...); err != nil {
		return err
	}
	return tx.endDeadPush()
}
