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

// Due are the activity's deliveries that wait, are due by now, and do not have
// an earlier one about the same object to the same host before them.
func (r Reader) Due(activityID int64, now Time) ([]*Delivery, error) {
	var rows []*Delivery
	return rows, r.scan(&rows, `SELECT d.* FROM deliveries d WHERE d.activity_id = ? AND d.state = 'pending' AND d.next_at <= ?
 AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.state = 'pending' AND e.activity_id < d.activity_id)`, activityID, now)
}

// NextDue is when the activity's next delivery is due, 0 if all are settled.
// One that waits for an earlier one is not due before that is.
func (r Reader) NextDue(activityID int64) (Time, error) {
	n, err := r.number(`SELECT MIN(CASE WHEN earlier > next_at THEN earlier ELSE next_at END) FROM (SELECT d.next_at, COALESCE(
 (SELECT MAX(e.next_at) FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.state = 'pending' AND e.activity_id < d.activity_id), 0) AS earlier
 FROM deliveries d WHERE d.activity_id = ? AND d.state = 'pending') w`, activityID)
	return Time(n), err
}

// Attempt is what came of one try to deliver.
type Attempt struct {
	Delivery *Delivery // with its new state
	Status   int       // HTTP; 0: no answer
	Error    string
	Duration int64 // milliseconds

	// Postponed says that no try was made, for the sake of the host.
	Postponed bool
}

// RecordAttempts stores what came of deliveries: a row for each try, and the
// new state. Those that were taken at the first try, as nearly all are, cost
// one statement together.
func (tx *Tx) RecordAttempts(attempts []Attempt) error {
	now := Now()
	var rows []deliveryAttempt
	smooth := map[int][]int64{} // ids by HTTP status
	for _, a := range attempts {
		d := a.Delivery
		if a.Postponed {
			if _, err := tx.exec(`UPDATE deliveries SET next_at = ? WHERE id = ?`, d.NextAt, d.ID); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, deliveryAttempt{ID: NewID(), DeliveryID: d.ID, Status: a.Status, Error: a.Error, Duration: a.Duration, CreatedAt: now})
		if d.State == "done" && d.Attempts == 1 {
			smooth[a.Status] = append(smooth[a.Status], d.ID)
			continue
		}
		if _, err := tx.exec(`UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, last_status = ?, last_error = ?, updated_at = ? WHERE id = ?`,
			d.State, d.Attempts, d.NextAt, a.Status, a.Error, now, d.ID); err != nil {
			return err
		}
	}
	for status, ids := range smooth {
		cond, arg := tx.in("id", ids)
		if _, err := tx.exec(`UPDATE deliveries SET state = 'done', attempts = 1, last_status = ?, updated_at = ? WHERE `+cond, status, now, arg); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.g.CreateInBatches(rows, 64).Error
}

type deliveryAttempt struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	DeliveryID int64
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

// Queue are the deliveries in the state, newest first.
func (r Reader) Queue(state string, page Page) ([]*QueueLine, error) {
	bounds, args, order := page.bounds("d.id")
	var rows []*QueueLine
	err := r.scan(&rows, `SELECT d.*, a.kind FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.state = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append([]any{state}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Retry makes a delivery due now and tells whose it is.
func (tx *Tx) Retry(deliveryID int64) (activityID int64, err error) {
	return activityID, tx.one(&activityID, "Delivery", `UPDATE deliveries SET state = 'pending', next_at = ?, updated_at = ? WHERE id = ? AND state <> 'done' RETURNING activity_id`, Now(), Now(), deliveryID)
}

// Prune forgets what need not be remembered: deliveries that were made, and
// arrivals, older than before.
func (tx *Tx) Prune(before Time) error {
	for _, query := range []string{
		`DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE state = 'done' AND updated_at < ?)`,
		`DELETE FROM deliveries WHERE state = 'done' AND updated_at < ?`,
		`DELETE FROM activities WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = activities.id)`,
		`DELETE FROM arrivals WHERE received_at < ?`,
		`DELETE FROM idempotency_keys WHERE created_at < ?`,
		`DELETE FROM sign_ins WHERE expires_at < ?`,
	} {
		if _, err := tx.exec(query, before); err != nil {
			return err
		}
	}
	return nil
}
