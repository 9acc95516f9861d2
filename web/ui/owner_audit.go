package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// OwnerAudit is the body of the page of the audit trail.
type OwnerAudit struct {
	Kinds   []Option
	Subject string
	Lines   []AuditLine
	Older   string
}

// AuditLine is something that was done, and by whom.
type AuditLine struct {
	Seq     int64
	When    time.Time
	Action  string
	Subject string
	By      string
	Detail  string
}

// auditKinds are the choices of the page, with the actions that each shows.
var auditKinds = []struct {
	value, label string
	actions      []string
}{
	{"", "Everything", nil},
	{"sign-ins", "Sign-ins", []string{"account.sign_in", "account.sign_in_refused", "account.sign_out", "account.provider_logout", "account.end_access", "account.end_session", "account.new_device", "account.claim_device", "account.end_device", "account.link"}},
	{"accounts", "Accounts", []string{"account.create", "account.create_refused", "account.close", "account.return", "account.disable", "account.enable", "account.delete", "account.rename", "account.role", "account.role_kept", "account.successor", "account.answered"}},
	{"apps", "Apps and tokens", []string{"app.authorize", "app.refused", "account.token", "account.end_token", "scim.token", "scim.revoke", "scim.refused"}},
}

// OwnerAuditPage shows the audit trail, the newest lines first.
func (u *UI) OwnerAuditPage(c *gin.Context) error {
	q := store.AuditQuery{Subject: strings.TrimPrefix(c.Query("subject"), "@"), Before: number(c.Query("max_id")), Limit: 2 * perPage}
	body := OwnerAudit{Subject: q.Subject}
	for _, kind := range auditKinds {
		chosen := q.Subject == "" && kind.value == c.Query("kind")
		if chosen {
			q.Actions = kind.actions
		}
		body.Kinds = append(body.Kinds, Option{Value: kind.value, Label: kind.label, Selected: chosen})
	}
	r := u.reader(c)
	lines, err := r.AuditTrail(q)
	if err != nil {
		return err
	}
	if body.Lines, err = auditLines(r, lines); err != nil {
		return err
	}
	if n := len(lines); n > 0 {
		body.Older = older(c, n == q.Limit, lines[n-1].Seq)
	}
	return u.show(c, "owner_audit", "Audit trail", "owner", body)
}

// auditLines are the lines with the names of those who did it.
func auditLines(r store.Reader, lines []*store.AuditLine) ([]AuditLine, error) {
	var people []int64
	for _, line := range lines {
		people = append(people, line.ActorID, line.ActedBy)
	}
	actors, err := r.Actors(store.Unique(people))
	if err != nil {
		return nil, err
	}
	views := make([]AuditLine, 0, len(lines))
	for _, line := range lines {
		v := AuditLine{Seq: line.Seq, When: line.CreatedAt.Time(), Action: line.Action, Subject: line.Subject, Detail: inWords(line.Detail)}
		if by := actors[line.ActorID]; by != nil {
			v.By = "@" + by.Acct()
		}
		if by := actors[line.ActedBy]; by != nil {
			v.By += " (@" + by.Acct() + ")"
		}
		views = append(views, v)
	}
	return views, nil
}

// inWords is the detail of a line without the marks of JSON, in a fixed order.
func inWords(detail string) string {
	var said map[string]any
	d := json.NewDecoder(strings.NewReader(detail))
	d.UseNumber()
	if d.Decode(&said) != nil {
		return detail
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if value := fmt.Sprint(said[name]); value != "" {
			parts = append(parts, name+": "+value)
		}
	}
	return strings.Join(parts, " · ")
}
