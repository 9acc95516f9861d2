package mastodon

import (
	"context"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// errNotAllowed is what Mastodon says to whom a rule stands in the way.
var errNotAllowed = fault.New(fault.Forbidden, "This action is not allowed")

// disciplined is the account in the path, if it is the viewer's to judge.
func (a *API) disciplined(c *gin.Context) (*store.Actor, error) {
	actor, err := a.adminTarget(c)
	if err != nil {
		return nil, err
	}
	ctx := contextOf(c)
	may, err := a.Auth.MayDiscipline(ctx, auth.WhoIs(ctx), actor.ID)
	if err == nil && !may {
		err = errNotAllowed
	}
	return actor, err
}

// AdminAct does to the account in the path what moderators do, and settles the
// reports about it: with none, only the one that is named. What is said of it
// is kept as a note of that report. Nobody is written to: a node sends no mail.
func (a *API) AdminAct(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	target, err := a.disciplined(c)
	if err != nil {
		return err
	}
	kind, report, reason := p.text("type"), p.id("report_id"), p.text("text")
	if err := a.actionable(c, target.ID, kind, report, reason); err != nil {
		return err
	}
	ctx, me := contextOf(c), viewer(c)
	switch kind {
	case "disable":
		err = a.Actors.Close(ctx, me, target.ID)
	case "silence":
		err = a.Actors.Limit(ctx, me, target.ID, true)
	case "suspend":
		err = a.Actors.Disable(ctx, me, target.ID)
	}
	if err == nil && reason != "" {
		err = a.Outbox.NoteReport(ctx, me, report, reason)
	}
	if err == nil && kind == "none" {
		err = a.Outbox.Judge(ctx, me, report, "resolve")
	} else if err == nil {
		err = a.Outbox.Settle(ctx, me, target.ID)
	}
	if err != nil {
		return err
	}
	return done(c)
}

// actionable checks an action before anything of it is done.
func (a *API) actionable(c *gin.Context, target int64, kind string, report int64, reason string) error {
	switch kind {
	case "disable", "silence", "suspend":
	case "none":
		if report == 0 {
			return fault.New(fault.Invalid, "Validation failed: Report can't be blank: nobody is warned from here, so without a report there is nothing to do")
		}
	case "sensitive":
		return fault.New(fault.Invalid, "Validation failed: Type sensitive is not known here: posts are marked one by one. Silence or suspend the account")
	default:
		return fault.New(fault.Invalid, "Validation failed: Type is not included in the list")
	}
	if report == 0 && reason != "" {
		return fault.New(fault.Invalid, "Validation failed: Text is kept as a note of a report: name one, or leave it out")
	}
	if report == 0 {
		return nil
	}
	row, err := a.reader(c).Report(report)
	if err == nil && row.TargetID != target {
		err = errNotFound
	}
	return err
}

// undo is a handler that ends what was done to the account in the path.
func (a *API) undo(c *gin.Context, end func(ctx context.Context, by int64, target *store.Actor) error) error {
	target, err := a.disciplined(c)
	if err != nil {
		return err
	}
	if err := end(contextOf(c), viewer(c), target); err != nil {
		return err
	}
	return a.showAdminAccount(c, target.ID)
}

// AdminEnable lets one of ours back in whose access was ended. Who is suspended
// stays so.
func (a *API) AdminEnable(c *gin.Context) error {
	return a.undo(c, func(ctx context.Context, by int64, target *store.Actor) error {
		if !target.Local() {
			return errNotAllowed
		}
		if target.Lifecycle != store.Deprovisioned {
			return nil
		}
		return a.Actors.Enable(ctx, by, target.ID)
	})
}

// AdminUnsilence lets an account into public timelines again.
func (a *API) AdminUnsilence(c *gin.Context) error {
	return a.undo(c, func(ctx context.Context, by int64, target *store.Actor) error {
		return a.Actors.Limit(ctx, by, target.ID, false)
	})
}

// AdminUnsuspend ends a suspension by this node.
func (a *API) AdminUnsuspend(c *gin.Context) error {
	return a.undo(c, func(ctx context.Context, by int64, target *store.Actor) error {
		if target.Lifecycle != store.Suspended {
			return errNotAllowed
		}
		return a.Actors.Enable(ctx, by, target.ID)
	})
}

// AdminUnsensitive answers with the account in the path: none is marked as
// sensitive here.
func (a *API) AdminUnsensitive(c *gin.Context) error {
	return a.undo(c, func(context.Context, int64, *store.Actor) error { return nil })
}

// AdminPending refuses to approve and to reject: nobody waits for that.
func (a *API) AdminPending(c *gin.Context) error {
	if _, err := a.adminTarget(c); err != nil {
		return err
	}
	return errNotAllowed
}

// AdminDelete ends an account for good that is suspended.
func (a *API) AdminDelete(c *gin.Context) error {
	return a.undo(c, func(ctx context.Context, by int64, target *store.Actor) error {
		if target.Lifecycle != store.Suspended {
			return errNotAllowed
		}
		return a.Actors.Delete(ctx, by, target.ID)
	})
}
