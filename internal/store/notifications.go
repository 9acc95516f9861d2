package store

import (
	"fmt"
	"slices"
	"time"
)

// Notify stores a notification for a local reader who wants it, and tells its
// id: 0 where the reader is not ours, has muted or blocked the sender, their
// domain or the thread, or was told before.
func (tx *Tx) Notify(n *Notification) (int64, error) {
	n.ID, n.CreatedAt = NewID(), Now()
	if err := tx.group(n); err != nil {
		return 0, err
	}
	ids, err := tx.ids(`INSERT INTO notifications (id, reader_id, kind, from_id, post_id, subject_id, group_key, head, filtered, created_at)
 SELECT CAST(? AS bigint), u.actor_id, CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS text), CAST(? AS boolean), CAST(? AS boolean), CAST(? AS bigint)
 FROM users u WHERE u.actor_id = ? AND (u.actor_id <> ? OR CAST(? AS text) = 'poll')
 AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.actor_id = u.actor_id AND m.target_id = ? AND m.notifications AND (m.expires_at = 0 OR m.expires_at > ?))
 AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = u.actor_id AND b.target_id = ?)
 AND NOT EXISTS (SELECT 1 FROM domain_blocks d JOIN actors s ON s.domain = d.domain WHERE d.actor_id = u.actor_id AND s.id = ?)
 AND NOT EXISTS (SELECT 1 FROM thread_mutes t JOIN posts p ON p.thread_id = t.thread_id WHERE t.actor_id = u.actor_id AND p.id = ?)
 ON CONFLICT DO NOTHING RETURNING id`, n.ID, n.Kind, n.FromID, n.PostID, n.SubjectID, n.GroupKey, n.GroupKey == "", n.Filtered, n.CreatedAt, n.ReaderID, n.FromID, n.Kind, n.FromID, Now(), n.FromID, n.FromID, n.PostID)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if n.GroupKey == "" {
		return n.ID, nil
	}
	if _, err := tx.exec(`UPDATE notifications SET head = FALSE WHERE reader_id = ? AND group_key = ? AND head`, n.ReaderID, n.GroupKey); err != nil {
		return 0, err
	}
	return n.ID, tx.promote(n.ReaderID, n.GroupKey)
}

// Grouped are the kinds that clients show as groups.
var Grouped = []string{"favourite", "follow", "reblog", "admin.sign_up"}

// groupSpan is how many hours a group may span.
const groupSpan = 12

// group gives a notification the key of its group: of the one that is open for
// its kind and post, or of a new one that is named after the hour.
func (tx *Tx) group(n *Notification) error {
	if n.Filtered || !slices.Contains(Grouped, n.Kind) {
		return nil
	}
	prefix := n.Kind + "-"
	if n.PostID != 0 {
		prefix = fmt.Sprintf("%s-%d-", n.Kind, n.PostID)
	}
	hour := int64(n.CreatedAt) / time.Hour.Milliseconds()
	// Hours have six digits until 2084, so the greatest key is the newest.
	open := fmt.Sprintf("%s%d", prefix, hour-groupSpan)
	var keys []string
	err := tx.scan(&keys, `SELECT group_key FROM notifications WHERE reader_id = ? AND head AND group_key <> '' AND group_key > ? AND group_key <= ? ORDER BY group_key DESC LIMIT 1`,
		n.ReaderID, open, fmt.Sprintf("%s%d", prefix, hour))
	n.GroupKey = fmt.Sprintf("%s%d", prefix, hour)
	if len(keys) > 0 {
		n.GroupKey = keys[0]
	}
	return err
}

// promote makes the newest of a group its head.
func (tx *Tx) promote(reader int64, key string) error {
	_, err := tx.exec(`UPDATE notifications SET head = TRUE WHERE id = (SELECT MAX(id) FROM notifications WHERE reader_id = ? AND group_key = ? AND group_key <> '')`, reader, key)
	return err
}

// unnotify takes notifications back. A group that lost its head gets another.
func (tx *Tx) unnotify(where string, args ...any) error {
	var gone []*Notification
	if err := tx.scan(&gone, `DELETE FROM notifications WHERE `+where+` RETURNING reader_id, group_key, head`, args...); err != nil {
		return err
	}
	for _, n := range gone {
		if !n.Head || n.GroupKey == "" {
			continue
		}
		if err := tx.promote(n.ReaderID, n.GroupKey); err != nil {
			return err
		}
	}
	return nil
}

// Forget takes back what a reader was told already of the same, for it to be
// told anew.
func (tx *Tx) Forget(n *Notification) error {
	return tx.unnotify(`reader_id = ? AND kind = ? AND from_id = ? AND post_id = ? AND subject_id = ?`, n.ReaderID, n.Kind, n.FromID, n.PostID, n.SubjectID)
}

// NotificationQuery narrows a list of notifications.
type NotificationQuery struct {
	Kinds, Without []string
	FromID         int64
	Filtered       bool     // also what waits in a request; where FromID is set it always comes
	Grouped        []string // the kinds that come as groups, by their newest
}

func (r Reader) notificationsWhere(reader int64, q NotificationQuery) (where string, args []any) {
	where, args = "n.reader_id = ?", []any{reader}
	add := func(cond string, arg ...any) { where, args = where+" AND "+cond, append(args, arg...) }
	if len(q.Kinds) > 0 {
		cond, arg := r.inText("n.kind", q.Kinds)
		add(cond, arg)
	}
	if len(q.Without) > 0 {
		cond, arg := r.inText("n.kind", q.Without)
		add("NOT ("+cond+")", arg)
	}
	if q.FromID != 0 {
		add("n.from_id = ?", q.FromID)
		return where, args // of one sender there is one in each group
	}
	if !q.Filtered {
		add("NOT n.filtered")
	}
	switch missing := slices.ContainsFunc(Grouped, func(kind string) bool { return !slices.Contains(q.Grouped, kind) }); {
	case len(q.Grouped) > 0 && !missing:
		add("n.head")
	case len(q.Grouped) > 0:
		cond, arg := r.inText("n.kind", q.Grouped)
		add("(n.head OR NOT ("+cond+"))", arg)
	}
	return where, args
}

// Notifications are what the reader was told, newest first.
func (r Reader) Notifications(reader int64, page Page, q NotificationQuery) ([]*Notification, error) {
	where, args := r.notificationsWhere(reader, q)
	if len(q.Grouped) == 0 {
		where += " AND " + present
	} else { // in a group, somebody else may speak for those who are hidden
		where += " AND (n.group_key <> '' OR " + present + ")"
	}
	bounds, boundArgs, order := page.bounds("n.id")
	var rows []*Notification
	err := r.scan(&rows, `SELECT n.* FROM notifications n JOIN actors a ON a.id = n.from_id WHERE `+where+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append(args, boundArgs...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Member is one of the newest of a group, with what there is to say about all.
type Member struct {
	GroupKey  string
	ID        int64
	FromID    int64
	CreatedAt Time
	Count     int64 // of the group
	PageMinID int64 // the oldest of the group that is not below the floor
}

// GroupMembers are the newest few of each group, newest first, as far as their
// senders are not suspended.
func (r Reader) GroupMembers(reader int64, keys []string, floor int64, few int) (map[string][]Member, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	cond, arg := r.inText("n.group_key", keys)
	var rows []Member
	err := r.scan(&rows, `SELECT * FROM (SELECT n.group_key, n.id, n.from_id, n.created_at, COUNT(*) OVER g AS count,
 MIN(CASE WHEN n.id >= ? THEN n.id END) OVER g AS page_min_id, ROW_NUMBER() OVER (PARTITION BY n.group_key ORDER BY n.id DESC) AS place
 FROM notifications n JOIN actors a ON a.id = n.from_id WHERE n.reader_id = ? AND n.group_key <> '' AND `+present+` AND `+cond+`
 WINDOW g AS (PARTITION BY n.group_key)) m WHERE place <= ? ORDER BY id DESC`, floor, reader, arg, few)
	groups := make(map[string][]Member, len(keys))
	for _, m := range rows {
		groups[m.GroupKey] = append(groups[m.GroupKey], m)
	}
	return groups, err
}

// Group is the newest of the reader's group with the key.
func (r Reader) Group(reader int64, key string) (*Notification, error) {
	var n Notification
	return &n, r.one(&n, "Record", `SELECT * FROM notifications WHERE reader_id = ? AND group_key = ? AND group_key <> '' AND head`, reader, key)
}

// GroupAccounts are who made the reader's group with the key.
func (r Reader) GroupAccounts(reader int64, key string, page Page) ([]Listed, error) {
	return r.listed(page, "n.id", "n.from_id", "notifications n JOIN actors a ON a.id = n.from_id", "n.reader_id = ? AND n.group_key = ? AND n.group_key <> '' AND "+present, reader, key)
}

// Notification is one of the reader's.
func (r Reader) Notification(reader, id int64) (*Notification, error) {
	var n Notification
	return &n, r.one(&n, "Record", `SELECT * FROM notifications WHERE id = ? AND reader_id = ?`, id, reader)
}

// UnreadNotifications counts what came after the reader's marker, up to limit.
func (r Reader) UnreadNotifications(reader int64, limit int, q NotificationQuery) (int64, error) {
	where, args := r.notificationsWhere(reader, q)
	return r.number(`SELECT COUNT(*) FROM (SELECT 1 FROM notifications n JOIN actors a ON a.id = n.from_id WHERE `+where+` AND `+present+` AND n.id > COALESCE(
 (SELECT last_read_id FROM markers WHERE actor_id = ? AND timeline = 'notifications'), 0) LIMIT ?) c`, append(args, reader, limit)...)
}

// DismissNotification removes one, or with id 0 all, of the reader's.
func (tx *Tx) DismissNotification(reader, id int64) error {
	if id == 0 {
		_, err := tx.exec(`DELETE FROM notifications WHERE reader_id = ?`, reader)
		return err
	}
	return tx.unnotify(`reader_id = ? AND id = ?`, reader, id)
}

// DismissGroup removes a whole group of the reader's.
func (tx *Tx) DismissGroup(reader int64, key string) error {
	_, err := tx.exec(`DELETE FROM notifications WHERE reader_id = ? AND group_key = ? AND group_key <> ''`, reader, key)
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
