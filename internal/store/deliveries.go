package store

// Arrive notes that an activity came from host, and tells whether it is the
// first time.
func (tx *Tx) Arrive(activityURI, host, kind string) (bool, error) {
	n, err := tx.exec(`INSERT INTO arrivals (activity_uri, host, kind, received_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, activityURI, host, kind, Now())
	return n > 0, err
}

// Arrived reports whether the activity came from host before.
func (r Reader) Arrived(activityURI, host string) (bool, error) {
	n, err := r.number(`SELECT 1 FROM arrivals WHERE activity_uri = ? AND host = ?`, activityURI, host)
	return n > 0, err
}

// Dispatch stores an activity and its way to each inbox.
func (tx *Tx) Dispatch(a *Activity, inboxes map[string]string) error {
	if err := tx.g.Create(a).Error; err != nil {
		return err
	}
	rows := make([]*Delivery, 0, len(inboxes))
	for inbox, host := range inboxes {
		rows = append(rows, &Delivery{ID: NewID(), ActivityID: a.ID, ObjectURI: a.ObjectURI, Inbox: inbox, Host: host,
			State: "pending", NextAt: a.CreatedAt, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt})
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.g.CreateInBatches(rows, 64).Error
}

// Activity is one of ours on its way out.
func (r Reader) Activity(id int64) (*Activity, error) {
	var a Activity
	return &a, r.one(&a, "Activity", `SELECT * FROM activities WHERE id = ?`, id)
}

// Dispatched reports whether the activity was sent by us before.
func (r Reader) Dispatched(uri string) (bool, error) {
	n, err := r.number(`SELECT 1 FROM activities WHERE uri = ?`, uri)
	return n > 0, err
}

// inOrder is the condition that no earlier activity about the same object waits
// for the same host. One that was given up does not hold up the others.
const inOrder = `NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.state = 'pending' AND e.activity_id < d.activity_id)`

// DueDelivery is a delivery to be tried, and how often its host failed lately.
type DueDelivery struct {
	Delivery
	HostFailures int
}

// Take puts into the caller's hands until the given time at most limit of the
// activity's deliveries that wait, are due by now and in nobody's hands, and do
// not have an earlier one about the same object before them. What is for a host
// that is unavailable waits for the host.
func (tx *Tx) Take(activityID int64, now, until Time, limit int) ([]*DueDelivery, error) {
	var rows []*DueDelivery
	return rows, tx.scan(&rows, `UPDATE deliveries SET taken_until = ? WHERE id IN (SELECT d.id FROM deliveries d
 WHERE d.activity_id = ? AND d.state = 'pending' AND d.next_at <= ? AND d.taken_until <= ?
 AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = d.host AND h.state = 'unavailable') AND `+inOrder+` ORDER BY d.id LIMIT ?)
 AND state = 'pending' AND taken_until <= ?
 RETURNING *, COALESCE((SELECT h.failures FROM hosts h WHERE h.host = deliveries.host), 0) AS host_failures`,
		until, activityID, now, now, limit, now)
}

// NextDue is when the activity's next delivery is due, 0 if all are settled or
// wait for their hosts. One that waits for an earlier one is not due before that is.
func (r Reader) NextDue(activityID int64) (Time, error) {
	n, err := r.number(`SELECT MIN(CASE WHEN earlier > own THEN earlier ELSE own END) FROM (SELECT CASE WHEN d.taken_until > d.next_at THEN d.taken_until ELSE d.next_at END AS own, COALESCE(
 (SELECT MAX(e.next_at) FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.state = 'pending' AND e.activity_id < d.activity_id), 0) AS earlier
 FROM deliveries d WHERE d.activity_id = ? AND d.state = 'pending'
 AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = d.host AND h.state = 'unavailable')) w`, activityID)
	return Time(n), err
}

// SetAlarm notes when a job wakes up for the activity. It is false where
// another does earlier. One for the same time may be our own, of before our
// process died: two that wake up are better than none.
func (tx *Tx) SetAlarm(activityID int64, now, at Time) (bool, error) {
	n, err := tx.exec(`UPDATE activities SET alarm_at = ? WHERE id = ? AND (alarm_at <= ? OR alarm_at >= ?)`, at, activityID, now, at)
	return n > 0, err
}

// Stranded are activities, at most limit, that were due before the given time
// and that nobody came for.
func (r Reader) Stranded(before Time, limit int) ([]int64, error) {
	return r.ids(`SELECT DISTINCT d.activity_id FROM deliveries d WHERE d.state = 'pending' AND d.next_at < ? AND d.taken_until < ?
 AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.host = d.host AND h.state = 'unavailable') AND `+inOrder+` LIMIT ?`, before, before, limit)
}

// Attempt is what came of one try to deliver.
type Attempt struct {
	Delivery *Delivery // with its new state
	At       Time
	Status   int // HTTP; 0: no answer
	Error    string
	Duration int64 // milliseconds

	// Postponed says that no try was made, for the sake of the host.
	Postponed bool
}

// RecordAttempts stores what came of deliveries: a row for each try, and the
// new state. Those that were taken at the first try, as nearly all are, cost
// one statement together.
func (tx *Tx) RecordAttempts(attempts []Attempt) error {
	var rows []deliveryAttempt
	smooth := map[int][]int64{} // ids by HTTP status
	for _, a := range attempts {
		d := a.Delivery
		if a.Postponed {
			if _, err := tx.exec(`UPDATE deliveries SET next_at = ?, taken_until = 0 WHERE id = ?`, d.NextAt, d.ID); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, deliveryAttempt{ID: NewID(), DeliveryID: d.ID, Status: a.Status, Error: a.Error, Duration: a.Duration, CreatedAt: a.At})
		if d.State == "done" && d.Attempts == 1 {
			smooth[a.Status] = append(smooth[a.Status], d.ID)
			continue
		}
		if _, err := tx.exec(`UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, taken_until = 0, last_status = ?, last_error = ?, updated_at = ? WHERE id = ?`,
			d.State, d.Attempts, d.NextAt, a.Status, a.Error, a.At, d.ID); err != nil {
			return err
		}
	}
	for status, ids := range smooth {
		cond, arg := tx.in("id", ids)
		if _, err := tx.exec(`UPDATE deliveries SET state = 'done', attempts = 1, last_status = ?, updated_at = ? WHERE `+cond, status, attempts[0].At, arg); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.g.CreateInBatches(rows, 64).Error
}

type deliveryAttempt struct {
	DeliveryID int64 `gorm:"primaryKey;autoIncrement:false"`
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	Status     int
	Error      string
	Duration   int64
	CreatedAt  Time `gorm:"autoCreateTime:false"`
}

// QueueLine is a delivery as the owner sees it.
type QueueLine struct {
	Delivery
	Kind string
}

// Queue are the deliveries in the state, newest first; with a host only its.
func (r Reader) Queue(state, host string, page Page) ([]*QueueLine, error) {
	bounds, args, order := page.bounds("d.id")
	args = append([]any{state}, args...)
	if host != "" {
		bounds = "d.host = ? AND " + bounds
		args = append([]any{state, host}, args[1:]...)
	}
	if state != "done" { // of which there are the most by far, and which are in no index
		bounds = "d.state <> 'done' AND " + bounds
	}
	var rows []*QueueLine
	err := r.scan(&rows, `SELECT d.*, a.kind FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.state = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(args, page.Limit)...)
	return newestFirst(page, rows), err
}

// Backlog is what waits to be delivered to hosts of one kind.
type Backlog struct {
	Host   string
	State  HostState // healthy where the host never failed
	Count  int
	Oldest Time // when the oldest was made
}

// Backlogs are what waits, by host, of at most limit hosts, the longest first.
// What is due in the future counts too: it failed, or something before it did.
func (r Reader) Backlogs(limit int) ([]*Backlog, error) {
	var rows []*Backlog
	return rows, r.scan(&rows, `SELECT d.host, COALESCE(h.state, 'healthy') AS state, COUNT(*) AS count, MIN(d.created_at) AS oldest
 FROM deliveries d LEFT JOIN hosts h ON h.host = d.host WHERE d.state = 'pending' GROUP BY d.host, h.state ORDER BY MIN(d.created_at) LIMIT ?`, limit)
}

// DeadLetters is how many deliveries were given up.
func (r Reader) DeadLetters() (int64, error) {
	return r.number(`SELECT COUNT(*) FROM deliveries WHERE state = 'dead'`)
}

// Clock is what the database's clock says: on SQLite, which has none, ours.
func (r Reader) Clock() (Time, error) {
	if !r.postgres {
		return Now(), nil
	}
	ms, err := r.number(`SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint)`)
	return Time(ms), err
}

// Delivery is the delivery with the id.
func (r Reader) Delivery(id int64) (*Delivery, error) {
	var d Delivery
	return &d, r.one(&d, "Delivery", `SELECT * FROM deliveries WHERE id = ?`, id)
}

// Retry makes a delivery due now that waits or was given up.
func (tx *Tx) Retry(id int64, now Time) (*Delivery, error) {
	var d Delivery
	return &d, tx.one(&d, "Delivery", `UPDATE deliveries SET state = 'pending', next_at = ?, updated_at = ? WHERE id = ? AND state <> 'done' RETURNING *`, now, now, id)
}

// RetryDead makes due now what was given up, at most limit deliveries of the
// host, or of all with none, above the id. It tells which.
func (tx *Tx) RetryDead(host string, above int64, now Time, limit int) ([]*Delivery, error) {
	where, args := "", []any{now, now, above}
	if host != "" {
		where, args = " AND host = ?", append(args, host)
	}
	var rows []*Delivery
	err := tx.scan(&rows, `UPDATE deliveries SET state = 'pending', next_at = ?, updated_at = ? WHERE id IN
 (SELECT id FROM deliveries WHERE state = 'dead' AND id > ?`+where+` ORDER BY id LIMIT ?) RETURNING *`, append(args, limit)...)
	return rows, err
}

// Prune forgets what need not be remembered: deliveries that were made of
// activities, and arrivals, older than before.
func (tx *Tx) Prune(before Time) error {
	for _, query := range []string{
		`DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT d.id FROM activities a CROSS JOIN deliveries d WHERE d.activity_id = a.id AND d.state = 'done' AND a.created_at < ?)`,
		`DELETE FROM deliveries WHERE state = 'done' AND activity_id IN (SELECT id FROM activities WHERE created_at < ?)`,
		`DELETE FROM activities WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = activities.id)`,
		`DELETE FROM hosts WHERE state = 'healthy' AND updated_at < ?`,
		`DELETE FROM arrivals WHERE received_at < ?`,
		`DELETE FROM idempotency_keys WHERE created_at < ?`,
		`DELETE FROM successor_notes WHERE sent_at < ?`,
		`DELETE FROM sign_ins WHERE expires_at < ?`,
	} {
		if _, err := tx.exec(query, before); err != nil {
			return err
		}
	}
	return nil
}
