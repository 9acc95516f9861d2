package mastodon

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// adminReport is the entity Admin::Report.
// https://docs.joinmastodon.org/entities/Admin_Report/
type adminReport struct {
	ID            string            `json:"id"`
	ActionTaken   bool              `json:"action_taken"`
	ActionTakenAt *string           `json:"action_taken_at"`
	Category      string            `json:"category"`
	Comment       string            `json:"comment"`
	Forwarded     bool              `json:"forwarded"`
	CreatedAt     string            `json:"created_at"`
	UpdatedAt     string            `json:"updated_at"`
	Account       *adminAccount     `json:"account"`
	Target        *adminAccount     `json:"target_account"`
	Assigned      *adminAccount     `json:"assigned_account"`
	ActionTakenBy *adminAccount     `json:"action_taken_by_account"`
	Statuses      []json.RawMessage `json:"statuses"`
	Rules         []nodeRule        `json:"rules"`
}

// AdminReports answers with the reports that wait, or with resolved those that
// were settled.
func (a *API) AdminReports(c *gin.Context) error {
	r, page := a.reader(c), pageOf(c, adminLimits)
	rows, err := r.Reports(store.ReportQuery{Settled: asks(c, "resolved"), ReporterID: number(c.Query("account_id")), TargetID: number(c.Query("target_account_id"))}, page)
	if err != nil {
		return err
	}
	all, err := a.adminReports(r, viewer(c), rows)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, all)
}

// adminReports makes the entities.
func (a *API) adminReports(r store.Reader, viewer int64, rows []*store.Report) ([]*adminReport, error) {
	var ids, people []int64
	for _, row := range rows {
		ids = append(ids, row.ID)
		people = append(people, row.ReporterID, row.TargetID, row.AssignedID, row.ResolvedID)
	}
	actors, err := r.Actors(store.Unique(people))
	if err != nil {
		return nil, err
	}
	accounts, err := a.adminAccounts(r, viewer, actors)
	if err != nil {
		return nil, err
	}
	statuses, err := a.evidence(r, viewer, ids)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(r)
	if err != nil {
		return nil, err
	}
	return each(rows, func(row *store.Report) *adminReport {
		e := &adminReport{
			ID: id(row.ID), ActionTaken: row.ResolvedAt != 0, ActionTakenAt: optionalMoment(row.ResolvedAt), Category: row.Category, Comment: row.Comment,
			Forwarded: row.Forwarded, CreatedAt: moment(row.CreatedAt), UpdatedAt: moment(row.UpdatedAt), Account: accounts[row.ReporterID], Target: accounts[row.TargetID],
			Assigned: accounts[row.AssignedID], ActionTakenBy: accounts[row.ResolvedID], Statuses: statuses[row.ID], Rules: rulesNamed(rules, row.RuleIDs),
		}
		if e.Statuses == nil {
			e.Statuses = []json.RawMessage{}
		}
		return e
	}), nil
}

// rulesNamed are those of the rules that a report says are broken.
func rulesNamed(rules []nodeRule, ids []string) []nodeRule {
	return slices.DeleteFunc(slices.Clone(rules), func(r nodeRule) bool { return !slices.Contains(ids, r.ID) })
}

// evidence are the posts that the reports name, by report.
func (a *API) evidence(r store.Reader, viewer int64, reports []int64) (map[int64][]json.RawMessage, error) {
	named, err := r.Evidence(reports)
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	for _, report := range reports {
		entries = append(entries, named[report]...)
	}
	s, err := a.sheet(r, viewer, entries)
	if err != nil {
		return nil, err
	}
	all := map[int64][]json.RawMessage{}
	for _, e := range entries {
		if s.whole(e) {
			all[e.Key] = append(all[e.Key], s.appendStatus(nil, e))
		}
	}
	return all, nil
}

// AdminReport answers with the report in the path.
func (a *API) AdminReport(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	r := a.reader(c)
	row, err := r.Report(id)
	if err != nil {
		return err
	}
	all, err := a.adminReports(r, viewer(c), []*store.Report{row})
	if err != nil {
		return err
	}
	return answer(c, all[0])
}

// UpdateAdminReport says what the report in the path is about. The ids of
// rules are kept as they come.
func (a *API) UpdateAdminReport(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.Reclassify(contextOf(c), viewer(c), id, p.given("category"), p.texts("rule_ids")); err != nil {
		return err
	}
	return a.AdminReport(c)
}

// JudgeReport is a handler that changes how the report in the path stands: see
// outbox.Judge.
func (a *API) JudgeReport(act string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		if err := a.Outbox.Judge(contextOf(c), viewer(c), id, act); err != nil {
			return err
		}
		return a.AdminReport(c)
	}
}
