package store

// Host is how the host takes what we send. One that never failed has no row.
func (r Reader) Host(host string) (*Host, error) {
	var h Host
	return &h, r.one(&h, "Host", `SELECT * FROM hosts WHERE host = ?`, host)
}

// TroubledHosts are at most limit hosts that do not take what we send, by name
// after the given one.
func (r Reader) TroubledHosts(after string, limit int) ([]*Host, error) {
	var rows []*Host
	return rows, r.scan(&rows, `SELECT * FROM hosts WHERE state IN ('failing','unavailable') AND host > ? ORDER BY host LIMIT ?`, after, limit)
}

// Forgotten are at most limit hosts that were to be probed before the given
// time, and were not.
func (r Reader) Forgotten(before Time, limit int) ([]*Host, error) {
	var rows []*Host
	return rows, r.scan(&rows, `SELECT * FROM hosts WHERE state = 'unavailable' AND next_probe_at < ? ORDER BY next_probe_at LIMIT ?`, before, limit)
}

// HostFailed notes failures, tries in vain since the last note, and why.
func (tx *Tx) HostFailed(host string, failures int, at Time, reason string) error {
	_, err := tx.exec(`INSERT INTO hosts (host, state, failures, failing_since, last_failure_at, last_error, updated_at) VALUES (?, 'failing', ?, ?, ?, ?, ?)
 ON CONFLICT (host) DO UPDATE SET failures = hosts.failures + excluded.failures, last_failure_at = excluded.last_failure_at, last_error = excluded.last_error, updated_at = excluded.updated_at,
 failing_since = CASE WHEN hosts.state = 'healthy' THEN excluded.failing_since ELSE hosts.failing_since END,
 state = CASE WHEN hosts.state = 'healthy' THEN 'failing' ELSE hosts.state END`, host, failures, at, at, reason, at)
	return err
}

// ShutHost leaves a host alone until a probe at the given time. It is false
// where that was decided before.
func (tx *Tx) ShutHost(host string, now, until Time) (bool, error) {
	n, err := tx.exec(`UPDATE hosts SET state = 'unavailable', next_probe_at = ?, updated_at = ? WHERE host = ? AND state <> 'unavailable'`, until, now, host)
	return n > 0, err
}

// PostponeProbe moves the next probe of a host that is unavailable.
func (tx *Tx) PostponeProbe(host string, now, until Time) error {
	_, err := tx.exec(`UPDATE hosts SET next_probe_at = ?, updated_at = ? WHERE host = ? AND state = 'unavailable'`, until, now, host)
	return err
}

// OpenHost has deliveries go to a host again although it has not answered:
// there is nothing to probe it with.
func (tx *Tx) OpenHost(host string, now Time) error {
	_, err := tx.exec(`UPDATE hosts SET state = 'failing', next_probe_at = 0, updated_at = ? WHERE host = ? AND state = 'unavailable'`, now, host)
	return err
}

// HostAnswered notes that a host takes what we send again, and tells whether
// it was unavailable.
func (tx *Tx) HostAnswered(host string, at Time) (bool, error) {
	shut, err := tx.number(`SELECT 1 FROM hosts WHERE host = ? AND state = 'unavailable'`, host)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(`UPDATE hosts SET state = 'healthy', failures = 0, failing_since = 0, next_probe_at = 0, last_success_at = ?, updated_at = ? WHERE host = ? AND state <> 'healthy'`, at, at, host)
	return shut > 0, err
}

// ClaimProbe puts the probe that is due into the caller's hands: the row is the
// clock that all processes share. Whoever is asked for one does not wait for it.
func (tx *Tx) ClaimProbe(host string, now, until Time, asked bool) (bool, error) {
	due := now
	if asked {
		due = 1 << 62
	}
	n, err := tx.exec(`UPDATE hosts SET next_probe_at = ?, updated_at = ? WHERE host = ? AND state = 'unavailable' AND next_probe_at <= ?`, until, now, host, due)
	return n > 0, err
}

// TakeWaiting puts a delivery to the host into the caller's hands: the one with
// the id if it may go, else one that was tried least. None is a NotFound.
func (tx *Tx) TakeWaiting(host string, id int64, now, until Time) (*Delivery, error) {
	var d Delivery
	return &d, tx.one(&d, "Delivery", `UPDATE deliveries SET taken_until = ? WHERE id = (SELECT d.id FROM deliveries d WHERE d.host = ? AND d.state = 'pending' AND d.taken_until <= ? AND `+inOrder+`
 ORDER BY CASE WHEN d.id = ? THEN 0 ELSE 1 END, d.attempts, d.activity_id, d.id LIMIT 1) RETURNING *`, until, host, now, id)
}

// GiveUp ends deliveries to a host that were made before the given time.
func (tx *Tx) GiveUp(host string, before, now Time, reason string) error {
	_, err := tx.exec(`UPDATE deliveries SET state = 'dead', last_error = ?, updated_at = ? WHERE host = ? AND state = 'pending' AND created_at < ? AND taken_until <= ?`, reason, now, host, before, now)
	return err
}

// GiveUpInbox ends deliveries to one inbox.
func (tx *Tx) GiveUpInbox(host, inbox string, now Time, reason string) error {
	_, err := tx.exec(`UPDATE deliveries SET state = 'dead', last_error = ?, updated_at = ? WHERE host = ? AND inbox = ? AND state = 'pending'`, reason, now, host, inbox)
	return err
}

// WakeHost makes due now what waits for the host, of at most limit activities
// above the given one. It tells which.
func (tx *Tx) WakeHost(host string, above int64, now Time, limit int) ([]int64, error) {
	ids, err := tx.ids(`SELECT DISTINCT activity_id FROM deliveries WHERE host = ? AND state = 'pending' AND activity_id > ? ORDER BY activity_id LIMIT ?`, host, above, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	cond, arg := tx.in("activity_id", ids)
	_, err = tx.exec(`UPDATE deliveries SET next_at = ? WHERE host = ? AND state = 'pending' AND next_at > ? AND `+cond, now, host, now, arg)
	return ids, err
}
