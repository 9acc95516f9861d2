package store

import (
	"math"
	"strings"
)

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
func (tx *Tx) AppendAuditLine(line *AuditLine) error {
	tx.audited = true
	return tx.g.Create(line).Error
}

// ActedBy is the person who acts as a shared account in this transaction, 0
// where everybody acts as themselves.
func (tx *Tx) ActedBy() int64 { return tx.actedBy }

// AuditLines are the lines after seq, in order.
func (r Reader) AuditLines(after int64, limit int) ([]*AuditLine, error) {
	var rows []*AuditLine
	return rows, r.scan(&rows, `SELECT * FROM audit_lines WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
}

// AuditQuery narrows the audit trail.
type AuditQuery struct {
	Actions []string // none: all
	Subject string   // empty: all
	Before  int64    // only lines with a lower number; 0: from the end
	Limit   int
}

// AuditTrail are lines, the newest first. Each action is a range of an index of its
// own, so that what is seldom done is found as fast as what is done all the time.
func (r Reader) AuditTrail(q AuditQuery) ([]*AuditLine, error) {
	before := q.Before
	if before == 0 {
		before = math.MaxInt64
	}
	if q.Subject != "" {
		var rows []*AuditLine
		return rows, r.scan(&rows, `SELECT * FROM audit_lines WHERE subject = ? AND seq < ? ORDER BY seq DESC LIMIT ?`, q.Subject, before, q.Limit)
	}
	if len(q.Actions) == 0 {
		var rows []*AuditLine
		return rows, r.scan(&rows, `SELECT * FROM audit_lines WHERE seq < ? ORDER BY seq DESC LIMIT ?`, before, q.Limit)
	}
	var parts []string
	var args []any
	for _, action := range q.Actions {
		parts = append(parts, `SELECT * FROM (SELECT * FROM audit_lines WHERE action = ? AND seq < ? ORDER BY seq DESC LIMIT ?) a`)
		args = append(args, action, before, q.Limit)
	}
	var rows []*AuditLine
	return rows, r.scan(&rows, strings.Join(parts, " UNION ALL ")+` ORDER BY seq DESC LIMIT ?`, append(args, q.Limit)...)
}
