package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"parley/internal/store"
)

// Act is what happened: by whom, what, to whom or what. Detail holds what a
// reader needs beyond that; no secrets and no text of posts.
type Act struct {
	ActorID int64  // 0: the node itself, or its command line
	Action  string // such as account.sign_in, partner.allow
	Subject string
	Detail  map[string]any
}

// Write appends a line to the chain, in the transaction of the act itself, which
// knows who acts as a shared account.
func Write(tx *store.Tx, act Act) error {
	if act.Detail == nil {
		act.Detail = map[string]any{}
	}
	detail, err := json.Marshal(act.Detail)
	if err != nil {
		return err
	}
	return Append(tx, store.AuditLine{ActorID: act.ActorID, ActedBy: tx.ActedBy(), Action: act.Action, Subject: act.Subject, Detail: string(detail)})
}

// Append is Write for a line whose detail is JSON already.
func Append(tx *store.Tx, line store.AuditLine) error {
	last, err := tx.LastAuditLine()
	if err != nil {
		return err
	}
	line.Seq, line.PreviousHash, line.CreatedAt = last.Seq+1, last.Hash, store.Now()
	line.Hash = hash(&line)
	return tx.AppendAuditLine(&line)
}

// hash covers everything a line says and the hash before it. JSON keeps the
// fields apart whatever they hold.
func hash(line *store.AuditLine) string {
	text, _ := json.Marshal([]any{line.Seq, line.CreatedAt, line.ActorID, line.ActedBy, line.Action, line.Subject, line.Detail, line.PreviousHash})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Verify walks the whole chain and tells how many lines it has and its last
// hash. An error names the first line that does not fit.
func Verify(r store.Reader) (lines int64, last string, err error) {
	for {
		page, err := r.AuditLines(lines, 500)
		if err != nil {
			return lines, last, err
		}
		for _, line := range page {
			switch {
			case line.Seq != lines+1:
				return lines, last, fmt.Errorf("line %d is missing: line %d comes after line %d", lines+1, line.Seq, lines)
			case line.PreviousHash != last:
				return lines, last, fmt.Errorf("line %d does not continue line %d: one of them was replaced or moved", line.Seq, lines)
			case hash(line) != line.Hash:
				return lines, last, fmt.Errorf("line %d (%s) was changed after it was written", line.Seq, line.Action)
			}
			lines, last = line.Seq, line.Hash
		}
		if len(page) == 0 {
			return lines, last, nil
		}
	}
}
