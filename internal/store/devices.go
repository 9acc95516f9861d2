package store

import "fmt"

// Device is a browser by which somebody signed in.
type Device struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	AccountID   int64
	TokenHash   string // of its cookie
	UserAgent   string
	Address     string
	FirstSeenAt Time
	LastSeenAt  Time
	Unclaimed   bool // the person has not said yet that it was them
}

// MeetDevice remembers that somebody signs in by a device, and reports whether
// that is the first time. It is unclaimed then, unless it is their first at all.
// Of more than most devices the one is forgotten that was not seen for longest.
func (tx *Tx) MeetDevice(d *Device, most int) (first bool, err error) {
	if err := tx.Alone(fmt.Sprint("devices of ", d.AccountID)); err != nil {
		return false, err
	}
	var known []*Device
	if err := tx.scan(&known, `SELECT * FROM devices WHERE account_id = ? ORDER BY last_seen_at DESC, id DESC`, d.AccountID); err != nil {
		return false, err
	}
	d.LastSeenAt = Now()
	for _, k := range known {
		if k.TokenHash == d.TokenHash {
			d.ID, d.FirstSeenAt, d.Unclaimed = k.ID, k.FirstSeenAt, k.Unclaimed
			return false, tx.g.Save(d).Error
		}
	}
	d.ID, d.FirstSeenAt, d.Unclaimed = NewID(), d.LastSeenAt, len(known) > 0
	if err := tx.g.Create(d).Error; err != nil {
		return false, err
	}
	for _, k := range known[min(len(known), most-1):] {
		if err := tx.forgetDevice(k.ID); err != nil {
			return false, err
		}
	}
	return true, nil
}

// UnclaimedDevices are those of a person of which they have not said that it was
// them, oldest first.
func (r Reader) UnclaimedDevices(accountID int64) ([]*Device, error) {
	var rows []*Device
	return rows, r.scan(&rows, `SELECT * FROM devices WHERE account_id = ? AND unclaimed ORDER BY id`, accountID)
}

// ClaimDevice remembers that it was the person.
func (tx *Tx) ClaimDevice(d *Device) error {
	_, err := tx.exec(`UPDATE devices SET unclaimed = FALSE WHERE id = ?`, d.ID)
	return err
}

// EndDevice ends the sessions of a device, and the apps that were connected since
// it came, by whichever device: it is not known by which. It is forgotten, so that
// it is new if it comes again.
func (tx *Tx) EndDevice(d *Device) error {
	if _, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE device_id = ? AND ended_at = 0`, Now(), d.ID); err != nil {
		return err
	}
	const since = `(actor_id = ? OR acted_by = ?) AND app_id <> 0 AND created_at >= ?`
	if _, err := tx.exec(`DELETE FROM oauth_codes WHERE used_at = 0 AND `+since, d.AccountID, d.AccountID, d.FirstSeenAt); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE oauth_tokens SET revoked_at = ? WHERE revoked_at = 0 AND `+since, Now(), d.AccountID, d.AccountID, d.FirstSeenAt); err != nil {
		return err
	}
	if err := tx.endDeadPush(); err != nil {
		return err
	}
	return tx.forgetDevice(d.ID)
}

func (tx *Tx) forgetDevice(id int64) error {
	_, err := tx.exec(`DELETE FROM devices WHERE id = ?`, id)
	return err
}

// ForgetDevices drops those that were not seen since.
func (tx *Tx) ForgetDevices(before Time) error {
	_, err := tx.exec(`DELETE FROM devices WHERE last_seen_at < ?`, before)
	return err
}
