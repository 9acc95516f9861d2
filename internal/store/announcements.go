package store

// Announcement is a word of those who run the node to everybody on it.
type Announcement struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	Source      string
	Content     string  // HTML
	Emojis      []Emoji `gorm:"serializer:list"`
	StartsAt    Time    // of what it is about, 0 for nothing in particular
	EndsAt      Time    // it is shown until then, 0 for no end
	AllDay      bool
	ActorID     int64 // who made it
	PublishedAt Time
	UpdatedAt   Time `gorm:"autoUpdateTime:false"`
	DeletedAt   Time
}

// ReadAnnouncement is one as a reader sees it.
type ReadAnnouncement struct {
	Announcement
	Read bool
}

// SetAnnouncement stores an announcement, new or known by its id.
func (tx *Tx) SetAnnouncement(a *Announcement) error { return tx.g.Save(a).Error }

// DropAnnouncement takes an announcement back.
func (tx *Tx) DropAnnouncement(id int64) (*Announcement, error) {
	var a Announcement
	return &a, tx.one(&a, "Record", `UPDATE announcements SET deleted_at = ? WHERE id = ? AND deleted_at = 0 RETURNING *`, Now(), id)
}

// Announcements are those that are shown now, newest first; without the read
// ones, if so asked.
func (r Reader) Announcements(reader int64, all bool) ([]*ReadAnnouncement, error) {
	var rows []*ReadAnnouncement
	return rows, r.scan(&rows, `SELECT * FROM (SELECT n.*, EXISTS (SELECT 1 FROM announcement_reads d WHERE d.actor_id = ? AND d.announcement_id = n.id) AS read FROM announcements n
 WHERE n.deleted_at = 0 AND (n.ends_at = 0 OR n.ends_at > ?)) w WHERE ? OR NOT w.read ORDER BY w.id DESC LIMIT 100`, reader, Now(), all)
}

// Announcement is the one with the id, if it is shown now.
func (r Reader) Announcement(id int64) (*Announcement, error) {
	var a Announcement
	return &a, r.one(&a, "Record", `SELECT * FROM announcements WHERE id = ? AND deleted_at = 0 AND (ends_at = 0 OR ends_at > ?)`, id, Now())
}

// ReadAnnouncement notes that the reader has read it.
func (tx *Tx) ReadAnnouncement(reader, id int64) error {
	_, err := tx.exec(`INSERT INTO announcement_reads (actor_id, announcement_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, reader, id)
	return err
}

// Reaction is an emoji under an announcement.
type Reaction struct {
	AnnouncementID int64
	Name           string
	Count          int64
	Me             bool // the reader is among them
}

// AnnouncementReactions are those under the announcements, in the order in which they came.
func (r Reader) AnnouncementReactions(reader int64, ids []int64) (map[int64][]Reaction, error) {
	all := make(map[int64][]Reaction, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	cond, arg := r.in("announcement_id", ids)
	var rows []Reaction
	err := r.scan(&rows, `SELECT announcement_id, name, COUNT(*) AS count, MAX(CASE WHEN actor_id = ? THEN 1 ELSE 0 END) = 1 AS me FROM announcement_reactions WHERE `+cond+`
 GROUP BY announcement_id, name ORDER BY MIN(created_at), name`, reader, arg)
	for _, row := range rows {
		all[row.AnnouncementID] = append(all[row.AnnouncementID], row)
	}
	return all, err
}

// ReactToAnnouncement puts the actor's emoji under an announcement.
func (tx *Tx) ReactToAnnouncement(announcement, actor int64, name string) error {
	_, err := tx.exec(`INSERT INTO announcement_reactions (announcement_id, name, actor_id, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, announcement, name, actor, Now())
	return err
}

// UnreactToAnnouncement takes it away again.
func (tx *Tx) UnreactToAnnouncement(announcement, actor int64, name string) error {
	_, err := tx.exec(`DELETE FROM announcement_reactions WHERE announcement_id = ? AND name = ? AND actor_id = ?`, announcement, name, actor)
	return err
}
