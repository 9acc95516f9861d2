package actors

import (
	"context"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// AddMember lets a person of this node act as a shared account.
func (a *Actors) AddMember(ctx context.Context, by, account, person int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		shared, member, err := membership(tx, account, person)
		if err != nil {
			return err
		}
		if member.Kind != "Person" || member.Lifecycle != store.Active {
			return fault.New(fault.Invalid, "Only a person of this node who has access can act as @"+shared.Username+", and @"+member.Acct()+" is not one")
		}
		added, err := tx.AddSharedMember(&store.Membership{AccountID: account, PersonID: person, AddedBy: by, CreatedAt: store.Now()})
		if err != nil || !added {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "shared.add", Subject: shared.Username, Detail: map[string]any{"actor": account, "person": person, "name": member.Username}})
	})
}

// RemoveMember ends that, and with it what the person has of the account: sessions,
// apps, their streams and push. The others keep theirs.
func (a *Actors) RemoveMember(ctx context.Context, by, account, person int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		shared, member, err := membership(tx, account, person)
		if err != nil {
			return err
		}
		removed, err := tx.RemoveSharedMember(account, person)
		if err != nil {
			return err
		}
		if !removed {
			return fault.New(fault.NotFound, "@"+member.Acct()+" does not act as @"+shared.Username)
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "shared.remove", Subject: shared.Username, Detail: map[string]any{"actor": account, "person": person, "name": member.Username}})
	})
}

// membership are a shared account of ours and somebody here.
func membership(tx *store.Tx, account, person int64) (shared, member *store.Actor, err error) {
	if shared, err = tx.Actor(account); err != nil {
		return nil, nil, err
	}
	if !shared.Shared() {
		return nil, nil, fault.New(fault.Invalid, "@"+shared.Acct()+" is no shared account: make one with parley shared create")
	}
	if member, err = tx.Actor(person); err == nil && !member.Local() {
		err = fault.New(fault.Invalid, "@"+member.Acct()+" is not of this node")
	}
	return shared, member, err
}
