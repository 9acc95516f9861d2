package actors

import (
	"context"

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

// Disable suspends an account. Of one of ours the sessions, tokens and open
// streams end; of a remote one nothing is taken any more; nobody sees either.
// The record stays.
func (a *Actors) Disable(ctx context.Context, by, id int64) error {
	return a.stand(ctx, by, id, store.Suspended, "account.disable")
}

// Enable lets a suspended account back in.
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

func (a *Actors) stand(ctx context.Context, by, id int64, state store.Lifecycle, action string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		actor, err := tx.Actor(id)
		switch {
		case err != nil || actor.Lifecycle == state:
			return err
		case actor.Lifecycle == store.Erased:
			return fault.New(fault.Conflict, "The account was erased: nothing is left to change")
		case state == store.Deprovisioned && actor.Lifecycle == store.Suspended:
			return fault.New(fault.Conflict, "The account is suspended, and has no access already")
		case actor.Local() && actor.Kind == "Application":
			return fault.New(fault.Conflict, "This is the node itself")
		}
		if actor.Local() && state != store.Active {
			if err := endAccess(tx, id); err != nil {
				return err
			}
		}
		if err := tx.SetLifecycle(id, state); err != nil {
			return err
		}
		if err := a.Queue.Insert(ctx, tx, StandingJob{ActorID: id}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: action, Subject: actor.Acct(), Detail: map[string]any{"actor": id}})
	})
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
