package store

import "slices"

// LastAuditLine is the end of the chain; Seq is 0 where it is empty. Until the
// transaction ends nobody else can append.
func (tx *Tx) LastAuditLine() (*AuditLine, error) {
	if tx.postgres {
		if _, err := tx.exec(`SELECT pg_advisory_xact_lock(7033417)`); err != nil {
			return nil, err
		}
	}
	var line AuditLine
	return &line, tx.scan(&line, `SELECT * FROM audit_lines ORDER BY seq DESC LIMIT 1`)
}

// AppendAuditLine stores the next line.
func (tx *Tx) AppendAuditLine(line *AuditLine) error { return tx.g.Create(line).Error }

// AuditLines are the lines after seq, in order.
func (r Reader) AuditLines(after int64, limit int) ([]*AuditLine, error) {
	var rows []*AuditLine
	return rows, r.scan(&rows, `SELECT * FROM audit_lines WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
}

// NewestAuditLines are the last lines, in order.
func (r Reader) NewestAuditLines(limit int) ([]*AuditLine, error) {
	var rows []*AuditLine
	err := r.scan(&rows, `SELECT * FROM audit_lines ORDER BY seq DESC LIMIT ?`, limit)
	slices.Reverse(rows)
	return rows, err
}
