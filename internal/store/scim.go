package store

// SCIMResource is a user or a group as a directory describes it. RFC 7643 4
type SCIMResource struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	Issuer     string
	Kind       string // User, Group
	Name       string // userName, or displayName of a group, in small letters
	ExternalID string
	Active     bool
	ActorID    int64 // of a user
	Said       string
	Version    int64
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
	DeletedAt  Time
}

// TableName is the table of SCIMResource.
func (SCIMResource) TableName() string { return "scim_resources" }

// SCIMKey says which resources are looked for; what is empty does not matter.
type SCIMKey struct {
	ID         int64
	Name       string
	ExternalID string
	Email      string // one of a user's, in small letters
	Member     int64  // of a group
}

func (k SCIMKey) condition(issuer, kind string) (where string, args []any) {
	where, args = `issuer = ? AND kind = ? AND deleted_at = 0`, []any{issuer, kind}
	also := func(wanted bool, condition string, arg any) {
		if wanted {
			where, args = where+" AND "+condition, append(args, arg)
		}
	}
	also(k.ID != 0, `id = ?`, k.ID)
	also(k.Name != "", `name = ?`, k.Name)
	also(k.ExternalID != "", `external_id = ?`, k.ExternalID)
	also(k.Email != "", `id IN (SELECT user_id FROM scim_emails WHERE address = ?)`, k.Email)
	also(k.Member != 0, `id IN (SELECT group_id FROM scim_members WHERE user_id = ?)`, k.Member)
	return where, args
}

// CountSCIM is how many resources of a kind a provider's directory has here.
func (r Reader) CountSCIM(issuer, kind string) (int64, error) {
	where, args := SCIMKey{}.condition(issuer, kind)
	return r.number(`SELECT COUNT(*) FROM scim_resources WHERE `+where, args...)
}

// SCIMPage are some of them in the order in which they came.
func (r Reader) SCIMPage(issuer, kind string, offset, limit int) ([]*SCIMResource, error) {
	where, args := SCIMKey{}.condition(issuer, kind)
	var rows []*SCIMResource
	return rows, r.scan(&rows, `SELECT * FROM scim_resources WHERE `+where+` ORDER BY id LIMIT ? OFFSET ?`, append(args, limit, offset)...)
}

// EachSCIM visits those with the key in the same order, by one query.
func (r Reader) EachSCIM(issuer, kind string, key SCIMKey, visit func(*SCIMResource) error) error {
	where, args := key.condition(issuer, kind)
	rows, err := r.g.Raw(`SELECT * FROM scim_resources WHERE `+where+` ORDER BY id`, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row SCIMResource
		if err := r.g.ScanRows(rows, &row); err != nil {
			return err
		}
		if err := visit(&row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SCIMResource is the one with the key.
func (r Reader) SCIMResource(issuer, kind string, key SCIMKey) (*SCIMResource, error) {
	where, args := key.condition(issuer, kind)
	var row SCIMResource
	return &row, r.one(&row, kind, `SELECT * FROM scim_resources WHERE `+where, args...)
}

// SCIMPerson is the user whom a directory knows by the external id, or else
// the one whom it knew so last.
func (r Reader) SCIMPerson(issuer, externalID string) (*SCIMResource, error) {
	var row SCIMResource
	return &row, r.one(&row, "User", `SELECT * FROM scim_resources WHERE issuer = ? AND kind = 'User' AND external_id = ? AND external_id <> ''
 ORDER BY CASE WHEN deleted_at = 0 THEN 0 ELSE 1 END, id DESC LIMIT 1`, issuer, externalID)
}

// SCIMUserOf is the user that a directory has for an account.
func (r Reader) SCIMUserOf(issuer string, actorID int64) (*SCIMResource, error) {
	var row SCIMResource
	return &row, r.one(&row, "User", `SELECT * FROM scim_resources WHERE issuer = ? AND actor_id = ? AND deleted_at = 0`, issuer, actorID)
}

// HasLeft reports whether a directory says of an account that its owner has
// left, and none says otherwise.
func (r Reader) HasLeft(actorID int64) (bool, error) {
	n, err := r.number(`SELECT COUNT(*) FROM scim_resources WHERE actor_id = ? AND NOT EXISTS (SELECT 1 FROM scim_resources o WHERE o.actor_id = ? AND o.active)`, actorID, actorID)
	return n > 0, err
}

// SCIMMembership is that a user is in a group.
type SCIMMembership struct {
	GroupID int64
	UserID  int64
	Said    string // of the group, or of the user
}

// SCIMMembers are the users in the groups, by group, with what is said of each.
func (r Reader) SCIMMembers(groups []int64) (map[int64][]SCIMMembership, error) {
	cond, arg := r.in("m.group_id", groups)
	var rows []SCIMMembership
	err := r.scan(&rows, `SELECT m.group_id, m.user_id, u.said FROM scim_members m JOIN scim_resources u ON u.id = m.user_id WHERE `+cond+` ORDER BY m.user_id`, arg)
	return group(rows, func(m SCIMMembership) int64 { return m.GroupID }), err
}

// SCIMGroups are the groups of the users, by user, with what is said of each.
func (r Reader) SCIMGroups(users []int64) (map[int64][]SCIMMembership, error) {
	cond, arg := r.in("m.user_id", users)
	var rows []SCIMMembership
	err := r.scan(&rows, `SELECT m.group_id, m.user_id, g.said FROM scim_members m JOIN scim_resources g ON g.id = m.group_id WHERE `+cond+` ORDER BY m.group_id`, arg)
	return group(rows, func(m SCIMMembership) int64 { return m.UserID }), err
}

// SCIMGroupsOf are the groups that a directory put an account into.
func (r Reader) SCIMGroupsOf(issuer string, actorID int64) ([]*SCIMResource, error) {
	var rows []*SCIMResource
	return rows, r.scan(&rows, `SELECT g.* FROM scim_resources u JOIN scim_members m ON m.user_id = u.id JOIN scim_resources g ON g.id = m.group_id
 WHERE u.issuer = ? AND u.actor_id = ? AND u.deleted_at = 0 ORDER BY g.id`, issuer, actorID)
}

// SCIMGroupsBy are the groups that a directory put accounts into, by account.
func (r Reader) SCIMGroupsBy(issuer string, actors []int64) (map[int64][]*SCIMResource, error) {
	cond, arg := r.in("u.actor_id", actors)
	var rows []struct {
		Member int64
		SCIMResource
	}
	err := r.scan(&rows, `SELECT u.actor_id AS member, g.* FROM scim_resources u JOIN scim_members m ON m.user_id = u.id JOIN scim_resources g ON g.id = m.group_id
 WHERE u.issuer = ? AND u.deleted_at = 0 AND `+cond+` ORDER BY g.id`, issuer, arg)
	by := map[int64][]*SCIMResource{}
	for i := range rows {
		by[rows[i].Member] = append(by[rows[i].Member], &rows[i].SCIMResource)
	}
	return by, err
}

// SCIMByID are those of the ids that a directory has here, by id.
func (r Reader) SCIMByID(issuer string, ids []int64) (map[int64]*SCIMResource, error) {
	cond, arg := r.in("id", ids)
	var rows []*SCIMResource
	err := r.scan(&rows, `SELECT * FROM scim_resources WHERE issuer = ? AND deleted_at = 0 AND `+cond, issuer, arg)
	return byID(rows, func(row *SCIMResource) int64 { return row.ID }), err
}

// LockSCIM is a resource that nobody else changes until the transaction ends.
func (tx *Tx) LockSCIM(issuer, kind string, id int64) (*SCIMResource, error) {
	var row SCIMResource
	return &row, tx.one(&row, kind, `SELECT * FROM scim_resources WHERE issuer = ? AND kind = ? AND id = ? AND deleted_at = 0`+tx.locking(), issuer, kind, id)
}

// CreateSCIM stores a new resource.
func (tx *Tx) CreateSCIM(row *SCIMResource) error { return tx.g.Create(row).Error }

// UpdateSCIM stores a resource as it is now, under a new version.
func (tx *Tx) UpdateSCIM(row *SCIMResource) error {
	row.Version++
	row.UpdatedAt = Now()
	return tx.g.Save(row).Error
}

// SetSCIMEmails stores by which addresses a user is found.
func (tx *Tx) SetSCIMEmails(user int64, addresses []string) error {
	if _, err := tx.exec(`DELETE FROM scim_emails WHERE user_id = ?`, user); err != nil {
		return err
	}
	for _, address := range addresses {
		if _, err := tx.exec(`INSERT INTO scim_emails (user_id, address) VALUES (?, ?) ON CONFLICT DO NOTHING`, user, address); err != nil {
			return err
		}
	}
	return nil
}

// AddSCIMMembers puts users into a group, which is a change of theirs too.
func (tx *Tx) AddSCIMMembers(group int64, users []int64) error {
	cond, arg := tx.in("id", users)
	if _, err := tx.exec(`INSERT INTO scim_members (group_id, user_id) SELECT ?, id FROM scim_resources WHERE `+cond+` ON CONFLICT DO NOTHING`, group, arg); err != nil {
		return err
	}
	return tx.touchSCIM(users)
}

// RemoveSCIMMembers takes users out of a group.
func (tx *Tx) RemoveSCIMMembers(group int64, users []int64) error {
	cond, arg := tx.in("user_id", users)
	if _, err := tx.exec(`DELETE FROM scim_members WHERE group_id = ? AND `+cond, group, arg); err != nil {
		return err
	}
	return tx.touchSCIM(users)
}

func (tx *Tx) touchSCIM(ids []int64) error {
	cond, arg := tx.in("id", ids)
	_, err := tx.exec(`UPDATE scim_resources SET version = version + 1, updated_at = ? WHERE `+cond, Now(), arg)
	return err
}
