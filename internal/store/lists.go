package store

// List is some of those whom a person follows, to be read apart.
type List struct {
	ID            int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID       int64
	Title         string
	RepliesPolicy string // none, list, followed
	Exclusive     bool   // what its members post stays out of home
	CreatedAt     Time   `gorm:"autoCreateTime:false"`
}

// Lists are the person's, oldest first.
func (r Reader) Lists(actorID int64) ([]*List, error) {
	var rows []*List
	return rows, r.scan(&rows, `SELECT * FROM lists WHERE actor_id = ? ORDER BY id`, actorID)
}

// List is one of the person's.
func (r Reader) List(actorID, id int64) (*List, error) {
	var l List
	return &l, r.one(&l, "Record", `SELECT * FROM lists WHERE actor_id = ? AND id = ?`, actorID, id)
}

// ListsOf are those of the person's lists that member is in.
func (r Reader) ListsOf(actorID, member int64) ([]*List, error) {
	var rows []*List
	return rows, r.scan(&rows, `SELECT l.* FROM list_members m JOIN lists l ON l.id = m.list_id WHERE m.actor_id = ? AND l.actor_id = ? ORDER BY l.id`, member, actorID)
}

// ListMembers are who is in a list.
func (r Reader) ListMembers(list int64, page Page) ([]Listed, error) {
	return r.listed(page, "m.id", "m.actor_id", "list_members m JOIN actors a ON a.id = m.actor_id", "m.list_id = ? AND "+present, list)
}

// ListTimeline is what reached a list of the reader.
func (r Reader) ListTimeline(reader, list int64, page Page) ([]Entry, error) {
	return r.list(reader, page, true, rowsOf("list_entries e", "e.post_id", "e.post_id", "e.list_id = ?", list))
}

// ListsWith are the lists that have the post, or a boost of it.
func (r Reader) ListsWith(postID int64) ([]int64, error) {
	return r.ids(`SELECT list_id FROM list_entries WHERE post_id = ?
 UNION SELECT e.list_id FROM posts b JOIN list_entries e ON e.post_id = b.id WHERE b.boost_of_id = ? AND b.boost_of_id <> 0 AND b.deleted_at = 0`, postID, postID)
}

// SaveList stores a list as it is now. What its members post leaves home, or
// comes back, with Exclusive.
func (tx *Tx) SaveList(l *List, wasExclusive bool) error {
	if l.ID == 0 {
		l.ID, l.CreatedAt = NewID(), Now()
	}
	if err := tx.g.Save(l).Error; err != nil || l.Exclusive == wasExclusive {
		return err
	}
	members, err := tx.ids(`SELECT actor_id FROM list_members WHERE list_id = ?`, l.ID)
	if err != nil {
		return err
	}
	for _, member := range members {
		if err := tx.homeOf(l.ActorID, member); err != nil {
			return err
		}
	}
	return nil
}

// DeleteList removes a list.
func (tx *Tx) DeleteList(l *List) error {
	was := l.Exclusive
	l.Exclusive = false
	if err := tx.SaveList(l, was); err != nil {
		return err
	}
	for _, query := range []string{`DELETE FROM list_entries WHERE list_id = ?`, `DELETE FROM list_members WHERE list_id = ?`, `DELETE FROM lists WHERE id = ?`} {
		if _, err := tx.exec(query, l.ID); err != nil {
			return err
		}
	}
	return nil
}

// AddMember puts somebody whom the owner follows into a list, and their newest
// posts with them; it tells whether the owner does.
func (tx *Tx) AddMember(l *List, member int64) (bool, error) {
	follows, err := tx.number(`SELECT 1 FROM follows WHERE follower_id = ? AND target_id = ? AND accepted`, l.ActorID, member)
	if err != nil || follows == 0 {
		return false, err
	}
	fresh, err := tx.exec(`INSERT INTO list_members (id, list_id, actor_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, NewID(), l.ID, member)
	if err != nil || fresh == 0 {
		return true, err
	}
	if err := tx.fillList(l, member); err != nil || !l.Exclusive {
		return true, err
	}
	return true, tx.homeOf(l.ActorID, member)
}

// RemoveMember takes somebody out of a list.
func (tx *Tx) RemoveMember(l *List, member int64) error {
	gone, err := tx.exec(`DELETE FROM list_members WHERE list_id = ? AND actor_id = ?`, l.ID, member)
	if err != nil || gone == 0 {
		return err
	}
	if _, err := tx.exec(`DELETE FROM list_entries WHERE list_id = ? AND post_id IN (SELECT id FROM posts WHERE actor_id = ?)`, l.ID, member); err != nil || !l.Exclusive {
		return err
	}
	return tx.homeOf(l.ActorID, member)
}

// Members counts who is in a list.
func (r Reader) Members(list int64) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM list_members WHERE list_id = ?`, list)
}
