package store

import "parley/internal/fault"

// Verdict is what becomes of a notification.
type Verdict string

// The verdicts, mild to strict.
const (
	Let    Verdict = "accept"
	Filter Verdict = "filter" // it waits in a request
	Drop   Verdict = "drop"
)

// NotificationPolicy is what a person wants done with the notifications of
// those they do not know.
type NotificationPolicy struct {
	ActorID         int64 `gorm:"primaryKey;autoIncrement:false"`
	NotFollowing    Verdict
	NotFollowers    Verdict
	NewAccounts     Verdict
	PrivateMentions Verdict
	LimitedAccounts Verdict
}

// NotificationPolicy is the reader's, or what everybody begins with: only
// those whom a moderator has limited wait. In an organisation the first
// message of a colleague is no nuisance.
func (r Reader) NotificationPolicy(reader int64) (*NotificationPolicy, error) {
	p := NotificationPolicy{ActorID: reader, NotFollowing: Let, NotFollowers: Let, NewAccounts: Let, PrivateMentions: Let, LimitedAccounts: Filter}
	err := r.one(&p, "Policy", `SELECT * FROM notification_policies WHERE actor_id = ?`, reader)
	if fault.Is(err, fault.NotFound) {
		return &p, nil
	}
	return &p, err
}

// SetNotificationPolicy stores a policy.
func (tx *Tx) SetNotificationPolicy(p *NotificationPolicy) error { return tx.g.Save(p).Error }

// Acquaintance is how well a reader knows who wants to tell them something.
type Acquaintance struct {
	Local         bool // the reader is one of ours
	Following     bool // the reader follows the sender
	FollowedSince Time // by the sender; 0: not at all
	SenderSince   Time
	Limited       bool // a moderator limited the sender
	Permitted     bool // the reader let the sender in before
	Private       bool // the post is for those alone whom it names
	Response      bool // and answers a thread in which the reader wrote to the sender
}

// Acquaintance tells how well the reader knows the sender, and what the post
// is to them.
func (r Reader) Acquaintance(reader, sender, post int64) (Acquaintance, error) {
	var a Acquaintance
	return a, r.scan(&a, `SELECT EXISTS (SELECT 1 FROM users WHERE actor_id = ?) AS local,
 EXISTS (SELECT 1 FROM follows WHERE follower_id = ? AND target_id = s.id AND accepted) AS following,
 COALESCE((SELECT created_at FROM follows WHERE follower_id = s.id AND target_id = ? AND accepted), 0) AS followed_since,
 s.created_at AS sender_since, s.limited AS limited,
 EXISTS (SELECT 1 FROM notification_permissions WHERE reader_id = ? AND from_id = s.id) AS permitted,
 COALESCE(p.visibility = 'direct', FALSE) AS private,
 EXISTS (SELECT 1 FROM posts q CROSS JOIN mentions m WHERE m.post_id = q.id AND m.actor_id = s.id AND q.thread_id = p.thread_id AND q.actor_id = ? AND q.deleted_at = 0) AS response
 FROM actors s LEFT JOIN posts p ON p.id = ? WHERE s.id = ?`, reader, reader, reader, reader, reader, post, sender)
}

// NotificationRequest is somebody whose notifications wait.
type NotificationRequest struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	ReaderID  int64
	FromID    int64
	CreatedAt Time `gorm:"autoCreateTime:false"`
	UpdatedAt Time `gorm:"autoUpdateTime:false"`
	Count     int64
	LastPost  int64 // of the sender's own; 0: none
}

// RequestNotifications notes that notifications of the sender wait.
func (tx *Tx) RequestNotifications(reader, from int64) error {
	_, err := tx.exec(`INSERT INTO notification_requests (id, reader_id, from_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
 ON CONFLICT (reader_id, from_id) DO UPDATE SET updated_at = excluded.updated_at`, NewID(), reader, from, Now(), Now())
	return err
}

// waiting are the requests that have something in them still, q.
const waiting = ` FROM notification_requests q JOIN actors a ON a.id = q.from_id WHERE q.reader_id = ? AND ` + present + `
 AND EXISTS (SELECT 1 FROM notifications n WHERE n.reader_id = q.reader_id AND n.from_id = q.from_id AND n.filtered)`

// NotificationRequests are the reader's, newest first.
func (r Reader) NotificationRequests(reader int64, page Page) ([]*NotificationRequest, error) {
	bounds, args, order := page.bounds("q.id")
	var rows []*NotificationRequest
	err := r.scan(&rows, `SELECT q.*`+waiting+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`, append(append([]any{reader}, args...), page.Limit)...)
	if err != nil {
		return nil, err
	}
	return newestFirst(page, rows), r.fillRequests(reader, rows)
}

// NotificationRequest is one of the reader's.
func (r Reader) NotificationRequest(reader, id int64) (*NotificationRequest, error) {
	var q NotificationRequest
	if err := r.one(&q, "Record", `SELECT q.*`+waiting+` AND q.id = ?`, reader, id); err != nil {
		return nil, err
	}
	return &q, r.fillRequests(reader, []*NotificationRequest{&q})
}

// fillRequests counts what waits in each and finds the last post of it.
func (r Reader) fillRequests(reader int64, all []*NotificationRequest) error {
	ids := make([]int64, len(all))
	for i, q := range all {
		ids[i] = q.FromID
	}
	if len(ids) == 0 {
		return nil
	}
	cond, arg := r.in("from_id", ids)
	var found []*NotificationRequest
	err := r.scan(&found, `SELECT from_id, COUNT(*) AS count, MAX(CASE WHEN kind IN ('mention','quote') THEN post_id ELSE 0 END) AS last_post
 FROM notifications WHERE reader_id = ? AND filtered AND `+cond+` GROUP BY from_id`, reader, arg)
	by := byID(found, func(q *NotificationRequest) int64 { return q.FromID })
	for _, q := range all {
		if f := by[q.FromID]; f != nil {
			q.Count, q.LastPost = f.Count, f.LastPost
		}
	}
	return err
}

// maxMeaningful bounds what is counted of what waits.
const maxMeaningful = 1000

// Waiting counts the requests, and the notifications in them, up to a bound.
func (r Reader) Waiting(reader int64) (requests, notifications int64, err error) {
	if requests, err = r.number(`SELECT COUNT(*) FROM (SELECT 1`+waiting+` LIMIT ?) c`, reader, maxMeaningful); err != nil {
		return 0, 0, err
	}
	notifications, err = r.number(`SELECT COUNT(*) FROM (SELECT 1 FROM notifications n JOIN actors a ON a.id = n.from_id WHERE n.reader_id = ? AND n.filtered AND `+present+` LIMIT ?) c`, reader, maxMeaningful)
	return requests, notifications, err
}

// TakeRequests removes those of the reader's requests and tells whose they
// were.
func (tx *Tx) TakeRequests(reader int64, ids []int64) ([]int64, error) {
	cond, arg := tx.in("id", ids)
	return tx.ids(`DELETE FROM notification_requests WHERE reader_id = ? AND `+cond+` RETURNING from_id`, reader, arg)
}

// Permit lets the sender's notifications through to the reader from now on,
// and those that waited now.
func (tx *Tx) Permit(reader, from int64) error {
	if _, err := tx.exec(`INSERT INTO notification_permissions (reader_id, from_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, reader, from, Now()); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE notifications SET filtered = FALSE WHERE reader_id = ? AND from_id = ? AND filtered`, reader, from)
	return err
}

// DropFiltered removes what of the sender waits for the reader.
func (tx *Tx) DropFiltered(reader, from int64) error {
	return tx.unnotify(`reader_id = ? AND from_id = ? AND filtered`, reader, from)
}
