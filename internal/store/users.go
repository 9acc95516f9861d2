package store

// User is what we know of a local person beyond the actor.
func (r Reader) User(actorID int64) (*User, error) {
	var u User
	return &u, r.one(&u, "Account", `SELECT * FROM users WHERE actor_id = ?`, actorID)
}

// Account is a local person.
func (r Reader) Account(actorID int64) (*Account, error) {
	a, err := r.Actor(actorID)
	if err != nil {
		return nil, err
	}
	u, err := r.User(actorID)
	if err != nil {
		return nil, err
	}
	return &Account{Actor: *a, User: *u}, nil
}

// Accounts are all local people, oldest first.
func (r Reader) Accounts() ([]*Account, error) {
	var users []*User
	if err := r.scan(&users, `SELECT * FROM users ORDER BY actor_id`); err != nil {
		return nil, err
	}
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.ActorID
	}
	actors, err := r.Actors(ids)
	if err != nil {
		return nil, err
	}
	accounts := make([]*Account, 0, len(users))
	for _, u := range users {
		accounts = append(accounts, &Account{Actor: *actors[u.ActorID], User: *u})
	}
	return accounts, nil
}

// Usage counts people and posts for NodeInfo and the instance entity.
type Usage struct {
	Users, ActiveMonth, ActiveHalfyear, Posts, Domains int64
}

// domains are those of remote actors, each found from the one before it: there
// are few beside the actors.
const domains = `WITH RECURSIVE s (domain) AS (SELECT MIN(domain) FROM actors WHERE domain > ''
 UNION ALL SELECT (SELECT MIN(a.domain) FROM actors a WHERE a.domain > s.domain) FROM s WHERE s.domain IS NOT NULL) SELECT domain FROM s WHERE domain IS NOT NULL`

// Usage is how much is going on here.
func (r Reader) Usage() (Usage, error) {
	var u Usage
	month, half := Now()-30*86400_000, Now()-180*86400_000
	err := r.scan(&u, `SELECT (SELECT COUNT(*) FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id AND a.lifecycle = 'active') AS users,
 (SELECT COUNT(*) FROM users WHERE signed_in_at > ?) AS active_month,
 (SELECT COUNT(*) FROM users WHERE signed_in_at > ?) AS active_halfyear,
 (SELECT COALESCE(SUM(a.statuses_count), 0) FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id) AS posts,
 (SELECT COUNT(*) FROM (`+domains+`) d WHERE EXISTS (SELECT 1 FROM actors a WHERE a.domain = d.domain AND NOT a.domain_blocked)) AS domains`, month, half)
	return u, err
}

// Roles are those of the actors that have another than most, by actor.
func (r Reader) Roles(actors []int64) (map[int64]string, error) {
	if len(actors) == 0 {
		return nil, nil
	}
	cond, arg := r.in("actor_id", actors)
	var rows []*User
	err := r.scan(&rows, `SELECT actor_id, role FROM users WHERE role <> 'member' AND `+cond, arg)
	roles := make(map[int64]string, len(rows))
	for _, u := range rows {
		roles[u.ActorID] = u.Role
	}
	return roles, err
}

// CreateUser stores what we know of a new local person.
func (tx *Tx) CreateUser(u *User) error { return tx.g.Create(u).Error }

// UpdateUser stores what we know of a local person as it is now.
func (tx *Tx) UpdateUser(u *User) error { return tx.g.Save(u).Error }

// SetPowers stores another role of a local person, which everybody can see, and
// the permissions beyond it.
func (tx *Tx) SetPowers(u *User, role, permissions string) error {
	u.Role, u.Permissions = role, permissions
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE actors SET revision = revision + 1 WHERE id = ?`, u.ActorID)
	return err
}

// Owners counts the accounts that can act as owner.
func (r Reader) Owners() (int64, error) {
	return r.number(`SELECT COUNT(*) FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id AND u.role = 'owner' AND a.lifecycle = 'active'`)
}

// LastOwner reports whether an owner is the only one. Whoever else asks waits
// until the transaction ends: of two owners who go at once, one stays.
func (tx *Tx) LastOwner() (bool, error) {
	if err := tx.Alone("owners"); err != nil {
		return false, err
	}
	n, err := tx.Owners()
	return n <= 1, err
}

// Stewards are the active accounts that run the node.
func (r Reader) Stewards() ([]int64, error) {
	return r.ids(`SELECT u.actor_id FROM users u CROSS JOIN actors a WHERE a.id = u.actor_id AND u.role IN ('owner','admin') AND a.lifecycle = 'active' ORDER BY u.actor_id`)
}

// Identity is the person whom the issuer calls subject.
func (r Reader) Identity(issuer, subject string) (*Identity, error) {
	var i Identity
	return &i, r.one(&i, "Identity", `SELECT * FROM identities WHERE issuer = ? AND subject = ?`, issuer, subject)
}

// IdentityKnownAs is the one that a directory knows by an external id.
func (r Reader) IdentityKnownAs(issuer, externalID string) (*Identity, error) {
	var i Identity
	return &i, r.one(&i, "Identity", `SELECT * FROM identities WHERE issuer = ? AND external_id = ? AND external_id <> '' ORDER BY created_at DESC LIMIT 1`, issuer, externalID)
}

// IdentityOf is what an issuer calls a person.
func (r Reader) IdentityOf(issuer string, actorID int64) (*Identity, error) {
	var i Identity
	return &i, r.one(&i, "Identity", `SELECT * FROM identities WHERE actor_id = ? AND issuer = ? ORDER BY created_at DESC LIMIT 1`, actorID, issuer)
}

// Identities are at most limit of an issuer's, by subject, after the given one.
func (r Reader) Identities(issuer, after string, limit int) ([]*Identity, error) {
	var rows []*Identity
	return rows, r.scan(&rows, `SELECT * FROM identities WHERE issuer = ? AND subject > ? ORDER BY subject LIMIT ?`, issuer, after, limit)
}

// IdentitiesOf are all by which a person signs in, oldest first.
func (r Reader) IdentitiesOf(actorID int64) ([]*Identity, error) {
	var rows []*Identity
	return rows, r.scan(&rows, `SELECT * FROM identities WHERE actor_id = ? ORDER BY created_at, issuer, subject`, actorID)
}

// DeleteIdentity unties an issuer's subject from a person.
func (tx *Tx) DeleteIdentity(issuer, subject string) error {
	_, err := tx.exec(`DELETE FROM identities WHERE issuer = ? AND subject = ?`, issuer, subject)
	return err
}

// SetIdentity ties an issuer's subject to a person and keeps the claims seen last.
func (tx *Tx) SetIdentity(i *Identity) error {
	_, err := tx.exec(`INSERT INTO identities (issuer, subject, actor_id, claims, external_id, created_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (issuer, subject) DO UPDATE SET claims = excluded.claims, external_id = excluded.external_id`, i.Issuer, i.Subject, i.ActorID, i.Claims, i.ExternalID, i.CreatedAt)
	return err
}
