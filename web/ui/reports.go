package ui

import (
	"slices"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// Reports lists what moderators are asked to look at.
func (u *UI) Reports(c *gin.Context) error {
	body := Reports{Settled: c.Query("state") == "settled"}
	rows, err := u.reader(c).Reports(store.ReportQuery{Settled: body.Settled}, pageOf(c))
	if err != nil {
		return err
	}
	if body.Items, err = u.reports(u.reader(c), rows); err != nil {
		return err
	}
	if n := len(rows); n == perPage {
		body.Older = older(c, n == perPage, rows[n-1].ID)
	}
	return u.show(c, "reports", "Reports", "reports", body)
}

// reports makes the views, without posts.
func (u *UI) reports(r store.Reader, rows []*store.Report) ([]ViewReport, error) {
	var people []int64
	for _, row := range rows {
		people = append(people, row.ReporterID, row.TargetID, row.AssignedID)
	}
	actors, err := r.Actors(people)
	if err != nil {
		return nil, err
	}
	views := make([]ViewReport, 0, len(rows))
	for _, row := range rows {
		v := ViewReport{ID: id(row.ID), By: u.account(actors[row.ReporterID]), About: u.account(actors[row.TargetID]), Category: row.Category, Comment: row.Comment,
			Made: row.CreatedAt.Time(), Resolved: row.ResolvedAt.Time(), Passed: row.Forwarded}
		if a := actors[row.AssignedID]; a != nil {
			assigned := u.account(a)
			v.Assigned = &assigned
		}
		views = append(views, v)
	}
	return views, nil
}

// Report shows one with the posts that it names.
func (u *UI) Report(c *gin.Context) error {
	r, me := u.reader(c), viewer(c)
	row, err := r.Report(number(c.Param("id")))
	if err != nil {
		return err
	}
	views, err := u.reports(r, []*store.Report{row})
	if err != nil {
		return err
	}
	body := OneReport{Report: views[0], MayAct: auth.WhoIs(c.Request.Context()).May(auth.ActOnReport)}
	if body.MayChange, err = u.mayDiscipline(c, row.TargetID); err != nil {
		return err
	}
	target, err := r.Actor(row.TargetID)
	if err != nil {
		return err
	}
	body.Suspended, body.Limited = target.Lifecycle == store.Suspended, target.AccountLimited
	named, err := r.ReportPosts([]int64{row.ID})
	if err != nil {
		return err
	}
	entries, err := r.Evidence([]int64{row.ID})
	if err != nil {
		return err
	}
	if body.Report.Posts, err = u.posts(r, me, entries[row.ID]); err != nil {
		return err
	}
	body.Report.Hidden = len(named[row.ID]) - len(body.Report.Posts)
	if body.Notes, err = u.notes(r, row.ID); err != nil {
		return err
	}
	return u.show(c, "report", "Report about "+target.Name(), "reports", body)
}

func (u *UI) notes(r store.Reader, report int64) ([]ViewNote, error) {
	rows, err := r.ReportNotes(report)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, row := range rows {
		people = append(people, row.ActorID)
	}
	actors, err := r.Actors(people)
	if err != nil {
		return nil, err
	}
	views := make([]ViewNote, 0, len(rows))
	for _, row := range rows {
		views = append(views, ViewNote{By: u.account(actors[row.ActorID]), Text: row.Text, When: row.CreatedAt.Time()})
	}
	return views, nil
}

// mayDiscipline reports whether the reader may limit and suspend an account.
func (u *UI) mayDiscipline(c *gin.Context, target int64) (bool, error) {
	ctx := c.Request.Context()
	return u.Auth.MayDiscipline(ctx, auth.WhoIs(ctx), target)
}

// Judge settles a report, or does something to the account that it is about.
func (u *UI) Judge(c *gin.Context) error {
	report, act := number(c.Param("id")), c.Param("act")
	if slices.Contains([]string{"resolve", "reopen", "assign", "unassign"}, act) {
		if err := u.Outbox.Judge(c.Request.Context(), viewer(c), report, act); err != nil {
			return err
		}
		return see(c, "/reports/"+id(report)+"?done=report")
	}
	row, err := u.reader(c).Report(report)
	if err != nil {
		return err
	}
	if may, err := u.mayDiscipline(c, row.TargetID); err != nil || !may {
		return notYours(err)
	}
	if err := u.discipline(c, row.TargetID, act); err != nil {
		return err
	}
	return see(c, "/reports/"+id(report)+"?done=account")
}

func notYours(err error) error {
	if err == nil {
		err = fault.New(fault.Forbidden, "This account is not yours to change.")
	}
	return err
}

// NoteReport keeps a note for the other moderators.
func (u *UI) NoteReport(c *gin.Context) error {
	report := number(c.Param("id"))
	if err := u.Outbox.NoteReport(c.Request.Context(), viewer(c), report, c.PostForm("note")); err != nil {
		return err
	}
	return see(c, "/reports/"+id(report)+"?done=report")
}

// TakeDown deletes a post of ours that a report names.
func (u *UI) TakeDown(c *gin.Context) error {
	r, report, post := u.reader(c), number(c.Param("id")), number(c.Param("post"))
	row, err := r.Report(report)
	if err != nil {
		return err
	}
	named, err := r.ReportPosts([]int64{row.ID})
	if err != nil {
		return err
	}
	if !slices.Contains(named[row.ID], post) {
		return errNotFound
	}
	if may, err := u.mayDiscipline(c, row.TargetID); err != nil || !may {
		return notYours(err)
	}
	if err := u.Outbox.TakeDown(c.Request.Context(), viewer(c), post); err != nil {
		return err
	}
	return see(c, "/reports/"+id(report)+"?done=deleted")
}
