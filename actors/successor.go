package actors

import (
	"context"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// SetSuccessor says who answers in place of one of ours once the account is
// closed, by a handle of this node or of another; empty: nobody. It gives who that
// is.
func (a *Actors) SetSuccessor(ctx context.Context, by, id int64, handle string) (*store.Actor, error) {
	next := &store.Actor{}
	if handle != "" {
		found, err := a.Resolve(ctx, handle)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, handle+" cannot be found: name somebody of this node, or name@domain of a node that this one may talk to")
		}
		next = found
	}
	return next, a.DB.Write(ctx, func(tx *store.Tx) error {
		actor, err := tx.Actor(id)
		if err != nil {
			return err
		}
		if err := maySucceed(actor, next); err != nil || actor.SuccessorID == next.ID {
			return err
		}
		before, err := tx.Actors([]int64{actor.SuccessorID})
		if err != nil {
			return err
		}
		if err := tx.SetSuccessor(id, next.ID); err != nil {
			return err
		}
		detail := map[string]any{"before": "", "after": next.Acct()}
		if was := before[actor.SuccessorID]; was != nil {
			detail["before"] = was.Acct()
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.successor", Subject: actor.Acct(), Detail: detail})
	})
}

// maySucceed refuses who cannot answer for somebody.
func maySucceed(actor, next *store.Actor) error {
	switch {
	case !actor.Local() || actor.Kind == "Application":
		return fault.New(fault.Invalid, "Only an account of a person, a shared one or a bot of this node has a successor")
	case actor.Lifecycle == store.Erased:
		return fault.New(fault.Conflict, "The account was erased: nothing is left to change")
	case next.ID == actor.ID:
		return fault.New(fault.Invalid, "An account cannot be its own successor")
	case next.ID != 0 && !next.Reachable():
		return fault.New(fault.Invalid, next.Acct()+" is closed, suspended or on a blocked node: name somebody who can answer")
	}
	return nil
}
