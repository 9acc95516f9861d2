package store

import "gorm.io/gorm/clause"

// RemoteFile is a copy of a file of another node, or the memory that it could
// not be had.
type RemoteFile struct {
	Key       string `gorm:"primaryKey"`
	URL       string
	Mime      string // empty where it could not be had
	Size      int64
	Width     int
	Height    int
	Failures  int
	RetryAt   Time
	FetchedAt Time
	UsedAt    Time
}

// RemoteFile is the copy with the key.
func (r Reader) RemoteFile(key string) (*RemoteFile, error) {
	var f RemoteFile
	return &f, r.one(&f, "File", `SELECT * FROM remote_files WHERE key = ?`, key)
}

// KeepRemoteFile stores the row of a copy in place of what was there.
func (tx *Tx) KeepRemoteFile(f *RemoteFile) error {
	return tx.g.Clauses(clause.OnConflict{UpdateAll: true}).Create(f).Error
}

// TouchRemoteFiles notes that copies were looked at.
func (tx *Tx) TouchRemoteFiles(keys []string, at Time) error {
	if len(keys) == 0 {
		return nil
	}
	cond, arg := tx.inText("key", keys)
	_, err := tx.exec(`UPDATE remote_files SET used_at = ? WHERE `+cond, at, arg)
	return err
}

// RemoteFileRow is what a row counts for beside its file, in bytes, so that
// what could not be had is bounded too.
const RemoteFileRow = 4096

// RemoteFilesSize is what all copies take, in bytes.
func (r Reader) RemoteFilesSize() (int64, error) {
	return r.number(`SELECT CAST(COALESCE(SUM(size + ?), 0) AS bigint) FROM remote_files`, RemoteFileRow)
}

// OldestRemoteFiles are the copies that nobody looked at for longest.
func (r Reader) OldestRemoteFiles(limit int) ([]*RemoteFile, error) {
	var rows []*RemoteFile
	return rows, r.scan(&rows, `SELECT * FROM remote_files ORDER BY used_at, key LIMIT ?`, limit)
}

// DropRemoteFiles forgets copies.
func (tx *Tx) DropRemoteFiles(keys []string) error {
	cond, arg := tx.inText("key", keys)
	_, err := tx.exec(`DELETE FROM remote_files WHERE `+cond, arg)
	return err
}

// Secret is what the node keeps to itself under the name; where there is
// nothing yet it is fresh from now on.
func (tx *Tx) Secret(name, fresh string) (string, error) {
	if _, err := tx.exec(`INSERT INTO secrets (name, value, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, name, fresh, Now()); err != nil {
		return "", err
	}
	var value string
	return value, tx.one(&value, "Secret", `SELECT value FROM secrets WHERE name = ?`, name)
}
