package store

// Notify stores a notification for a local reader who wants it, and tells its
// id: 0 where the reader is not ours, has muted or blocked the sender, or was
// told before.
func (tx *Tx) Notify(n *Notification) (int64, error) {
	n.ID, n.CreatedAt = NewID(), Now()
	ids, err := tx.ids(`INSERT INTO notifications (id, reader_id, kind, from_id, post_id, created_at)
 SELECT CAST(? AS bigint), u.actor_id, CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint) FROM users u WHERE u.actor_id = ? AND u.actor_id <> ?
 AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.actor_id = u.actor_id AND m.target_id = ? AND m.notifications AND (m.expires_at = 0 OR m.expires_at > ?))
 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = u.actor_id AND b.target_id = ?)
 ON CONFLICT DO NOTHING RETURNING id`, n.ID, n.Kind, n.FromID, n.PostID, n.CreatedAt, n.ReaderID, n.FromID, n.FromID, Now(), n.FromID)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return n.ID, nil
}

// NotificationQuery narrows a list of notifications.
type NotificationQuery struct {
	Kinds, Without []string
	FromID         int64
}

// Notifications are what the reader was told, newest first.
func (r Reader) Notifications(reader int64, page Page, q NotificationQuery) ([]*Notification, error) {
	where, args := "n.reader_id = ?", []any{reader}
	if len(q.Kinds) > 0 {
		cond, arg := r.inText("n.kind", q.Kinds)
		where, args = where+" AND "+cond, append(args, arg)
	}
	if len(q.Without) > 0 {
		cond, arg := r.inText("n.kind", q.Without)
		where, args = where+" AND NOT ("+cond+")", append(args, arg)
	}
	if q.FromID != 0 {
		where, args = where+" AND n.from_id = ?", append(args, q.FromID)
	}
	bounds, boundArgs, order := page.bounds("n.id")
	var rows []*Notification
	err := r.scan(&rows, `SELECT n.* FROM notifications n JOIN actors a ON a.id = n.from_id WHERE `+where+` AND a.lifecycle <> 'suspended' AND NOT a.suspended_there AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append(args, boundArgs...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Notification is one of the reader's.
func (r Reader) Notification(reader, id int64) (*Notification, error) {
	var n Notification
	return &n, r.one(&n, "Record", `SELECT * FROM notifications WHERE id = ? AND reader_id = ?`, id, reader)
}

// UnreadNotifications counts what came after the reader's marker, up to limit.
func (r Reader) UnreadNotifications(reader int64, limit int) (int64, error) {
	return r.number(`SELECT COUNT(*) FROM (SELECT 1 FROM notifications WHERE reader_id = ? AND id > COALESCE(
 (SELECT last_read_id FROM markers WHERE actor_id = ? AND timeline = 'notifications'), 0) LIMIT ?) c`, reader, reader, limit)
}

// DismissNotification removes one, or with id 0 all, of the reader's.
func (tx *Tx) DismissNotification(reader, id int64) error {
	if id == 0 {
		_, err := tx.exec(`DELETE FROM notifications WHERE reader_id = ?`, reader)
		return err
	}
	_, err := tx.exec(`DELETE FROM notifications WHERE reader_id = ? AND id = ?`, reader, id)
	return err
}

// Markers are how far the reader has read in the timelines.
func (r Reader) Markers(reader int64) ([]*Marker, error) {
	var rows []*Marker
	return rows, r.scan(&rows, `SELECT * FROM markers WHERE actor_id = ?`, reader)
}

// SetMarker moves a marker.
func (tx *Tx) SetMarker(reader int64, timeline string, id int64) (*Marker, error) {
	var m Marker
	return &m, tx.one(&m, "Marker", `INSERT INTO markers (actor_id, timeline, last_read_id, version, updated_at) VALUES (?, ?, ?, 1, ?)
 ON CONFLICT (actor_id, timeline) DO UPDATE SET last_read_id = excluded.last_read_id, version = markers.version + 1, updated_at = excluded.updated_at RETURNING *`, reader, timeline, id, Now())
}
