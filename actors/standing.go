package actors

import (
	"context"
	"maps"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/partners"
)

// StandingJob tells the world how an account stands now, and does what follows
// from it. See outbox.Stand.
type StandingJob struct {
	ActorID int64 `json:"actor_id"`
}

// Kind names the job.
func (StandingJob) Kind() string { return "standing" }

// Signal is what has an account changed where nobody here decided it, such as a
// directory. It goes into the line of the audit trail.
type Signal map[string]any

// detail is what an audit line says beside the signal.
func (s Signal) detail(more map[string]any) map[string]any {
	maps.Copy(more, s)
	return more
}

// Disable suspends an account. Of one of ours the sessions, tokens and open
// streams end; of a remote one nothing is taken any more; nobody sees either.
// The record stays.
func (a *Actors) Disable(ctx context.Context, by, id int64) error {
	return a.stand(ctx, by, id, store.Suspended, "account.disable")
}

// Enable lets a suspended account back in. Of whom the directory says meanwhile
// that he has left, it is closed instead, until it is enabled once more.
func (a *Actors) Enable(ctx context.Context, by, id int64) error {
	return a.stand(ctx, by, id, store.Active, "account.enable")
}

// Close ends the access of one of ours. Other than with Disable, what was said
// stays to be seen. Enable lets the account back in.
func (a *Actors) Close(ctx context.Context, by, id int64) error {
	actor, err := a.DB.With(ctx).Actor(id)
	if err != nil {
		return err
	}
	if !actor.Local() {
		return fault.New(fault.Invalid, "Only accounts of this node can be closed: limit or suspend "+actor.Acct())
	}
	return a.stand(ctx, by, id, store.Deprovisioned, "account.close")
}

// Delete ends an account of ours for good: no access, nothing shown, and its
// name is never given again. What it said stays on record until the rules of
// retention let it go.
func (a *Actors) Delete(ctx context.Context, by, id int64) error {
	actor, err := a.DB.With(ctx).Actor(id)
	if err != nil {
		return err
	}
	if !actor.Local() {
		return fault.New(fault.Invalid, "Only accounts of this node can be deleted: suspend "+actor.Acct())
	}
	return a.stand(ctx, by, id, store.Erased, "account.delete")
}

// CloseOn is Close on a signal. Who has no access already is left alone.
func (a *Actors) CloseOn(ctx context.Context, tx *store.Tx, id int64, on Signal) error {
	actor, err := tx.Actor(id)
	if err != nil || actor.Lifecycle != store.Active {
		return err
	}
	return a.move(ctx, tx, actor, store.Deprovisioned, audit.Act{Action: "account.close", Detail: on.detail(map[string]any{})})
}

// EnableOn is Enable on a signal: it lets in whose account was closed, but not
// whom somebody here suspended.
func (a *Actors) EnableOn(ctx context.Context, tx *store.Tx, id int64, on Signal) error {
	actor, err := tx.Actor(id)
	switch {
	case err != nil || actor.Lifecycle == store.Active:
		return err
	case actor.Lifecycle == store.Suspended:
		return fault.New(fault.Conflict, actor.Username+" is suspended by the moderators of this node: ask them to lift it first")
	}
	return a.move(ctx, tx, actor, store.Active, audit.Act{Action: "account.enable", Detail: on.detail(map[string]any{})})
}

func (a *Actors) stand(ctx context.Context, by, id int64, wanted store.Lifecycle, action string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		state := wanted
		actor, err := tx.Actor(id)
		if err != nil || actor.Lifecycle == state {
			return err
		}
		if state == store.Active && actor.Lifecycle == store.Suspended {
			left, err := tx.HasLeft(id)
			if err != nil {
				return err
			}
			if left {
				state = store.Deprovisioned
			}
		} else if state == store.Deprovisioned && actor.Lifecycle == store.Suspended {
			return fault.New(fault.Conflict, "The account is suspended, and has no access already")
		}
		return a.move(ctx, tx, actor, state, audit.Act{ActorID: by, Action: action, Detail: map[string]any{}})
	})
}

// move brings an account into a state, with all that ends.
func (a *Actors) move(ctx context.Context, tx *store.Tx, actor *store.Actor, state store.Lifecycle, act audit.Act) error {
	switch {
	case actor.Lifecycle == store.Erased:
		return fault.New(fault.Conflict, "The account was erased: nothing is left to change")
	case actor.Local() && actor.Kind == "Application":
		return fault.New(fault.Conflict, "This is the node itself")
	}
	if actor.Local() && state != store.Active {
		if err := endAccess(tx, actor.ID); err != nil {
			return err
		}
	}
	if err := tx.SetLifecycle(actor.ID, state); err != nil {
		return err
	}
	if err := a.Queue.Insert(ctx, tx, StandingJob{ActorID: actor.ID}); err != nil {
		return err
	}
	act.Subject, act.Detail["actor"] = actor.Acct(), actor.ID
	return audit.Write(tx, act)
}

// endAccess ends the sessions and tokens of one of ours, unless nobody would be
// left to own the node.
func endAccess(tx *store.Tx, id int64) error {
	account, err := tx.Account(id)
	if err != nil {
		return err
	}
	if err := keepOwner(tx, account); err != nil {
		return err
	}
	return tx.EndAccess(id)
}

// Limit keeps an account out of public timelines, tags and search, or lets it
// in again.
func (a *Actors) Limit(ctx context.Context, by, id int64, limited bool) error {
	action := "account.limit"
	if !limited {
		action = "account.unlimit"
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		actor, err := tx.Actor(id)
		if err != nil || actor.AccountLimited == limited {
			return err
		}
		policy := partners.Allow
		if !actor.Local() {
			if policy, err = a.Partners.Stands(tx.Reader, federation.Host(actor.Host)); err != nil {
				return err
			}
		}
		if err := tx.LimitAccount(id, limited, policy == partners.Limit); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: action, Subject: actor.Acct(), Detail: map[string]any{"actor": id}})
	})
}
