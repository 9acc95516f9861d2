package actors

import (
	"cmp"
	"context"
	"fmt"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Newcomer is what an account is made from.
type Newcomer struct {
	Kind        string // a person where it is empty
	Username    string // as claimed or typed
	DisplayName string
	Email       string
	Role        string
	RunBy       int64  // who answers for a bot
	Issuer      string // with Subject: whom the identity provider means
	Subject     string
	Claims      string // JSON
	ExternalID  string // by which the provider's directory knows the person
	Signal      Signal // what has the account made, where it is not somebody here
	By          int64  // who makes the account: 0 for the command line or the person
	Exact       bool   // refuse a name that is taken, where otherwise a number is added
}

// Create makes a local account with its key and identity.
func (a *Actors) Create(ctx context.Context, n Newcomer) (*store.Account, error) {
	d, err := a.Draft(n)
	if err != nil {
		return nil, err
	}
	if err := a.DB.Write(ctx, func(tx *store.Tx) error { return a.Enter(tx, d) }); err != nil {
		return nil, err
	}
	return &d.Account, nil
}

// Draft is an account that is not stored yet. To make its keys takes a tenth of
// a second, for which no transaction waits.
type Draft struct {
	Account  store.Account
	newcomer Newcomer
	keys     []*store.Key
}

// Draft makes an account ready for Enter.
func (a *Actors) Draft(n Newcomer) (*Draft, error) {
	name, ok := text.Username(n.Username)
	if !ok {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%q cannot be a user name: use letters, digits, dots, hyphens and underscores", n.Username))
	}
	actor := a.fresh(cmp.Or(n.Kind, "Person"), name)
	actor.DisplayName, actor.Bot = n.DisplayName, n.Kind == store.BotKind
	keys, err := NewKeys(actor)
	if err != nil {
		return nil, err
	}
	user := store.User{ActorID: actor.ID, Email: n.Email, Role: n.Role, RunBy: n.RunBy, HoldSeconds: -1, DefaultVisibility: store.Public, CreatedAt: actor.CreatedAt}
	return &Draft{Account: store.Account{Actor: *actor, User: user}, newcomer: n, keys: keys}, nil
}

// Enter stores a drafted account.
func (a *Actors) Enter(tx *store.Tx, d *Draft) error {
	n, actor := d.newcomer, &d.Account.Actor
	if err := a.freeName(tx, actor, n.Exact); err != nil {
		return err
	}
	if err := unprovided(tx, n); err != nil {
		return err
	}
	if err := tx.CreateActor(actor); err != nil {
		return err
	}
	if err := tx.CreateUser(&d.Account.User); err != nil {
		return err
	}
	if err := setKeys(tx, d.keys); err != nil {
		return err
	}
	if n.Subject != "" {
		if err := tx.SetIdentity(&store.Identity{Issuer: n.Issuer, Subject: n.Subject, ActorID: actor.ID, Claims: n.Claims, ExternalID: n.ExternalID, CreatedAt: actor.CreatedAt}); err != nil {
			return err
		}
	}
	return audit.Write(tx, audit.Act{ActorID: n.By, Action: "account.create", Subject: actor.Username,
		Detail: n.Signal.detail(map[string]any{"actor": actor.ID, "role": n.Role, "issuer": n.Issuer})})
}

// unprovided refuses to make an account at somebody's sign-in for whom the
// directory has just made one: a person has one account, or leaves only one.
func unprovided(tx *store.Tx, n Newcomer) error {
	if n.Subject == "" {
		return nil
	}
	_, err := tx.SCIMPerson(n.Issuer, n.ExternalID)
	if err == nil {
		return fault.New(fault.Conflict, "Your account was made this moment: sign in once more")
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Alone keeps others from making accounts until the transaction ends.
func (a *Actors) Alone(tx *store.Tx) error { return tx.Alone(localNames) }

// localNames is what a transaction holds that gives one of ours a name: two
// people who sign in for the first time at once do not get the same.
const localNames = "names of ours"

// freeName settles the name of an actor. A name that ever was somebody's stays
// theirs: old handles keep resolving.
func (a *Actors) freeName(tx *store.Tx, actor *store.Actor, exact bool) error {
	if err := tx.Alone(localNames); err != nil {
		return err
	}
	wanted := actor.Username
	for n := 2; ; n++ {
		holder, err := tx.ActorByHandle(actor.Username, "")
		if fault.Is(err, fault.NotFound) || err == nil && holder.ID == actor.ID {
			actor.URL = a.URL + "/@" + actor.Username
			return nil
		}
		if err != nil {
			return err
		}
		if exact {
			return fault.New(fault.Conflict, "The name "+wanted+" is or was somebody's: choose another")
		}
		suffix := fmt.Sprint(n)
		actor.Username = wanted[:min(len(wanted), text.MaxUsername-len(suffix))] + suffix
	}
}

// Rename gives an account another name. The old handle keeps resolving.
func (a *Actors) Rename(ctx context.Context, by, id int64, name string) (*store.Actor, error) {
	if !text.ValidUsername(name) {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("%q cannot be a user name: use at most %d small letters, digits, dots, hyphens and underscores", name, text.MaxUsername))
	}
	var actor *store.Actor
	err := a.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if actor, err = tx.Actor(id); err != nil {
			return err
		}
		return a.RenameAs(ctx, tx, actor, name, true, audit.Act{ActorID: by, Detail: map[string]any{}})
	})
	return actor, err
}

// RenameAs gives an account another name in the transaction that decides it, and
// has those who know the account told. Where the name is or was another's, a number
// is added, unless it has to be exact.
func (a *Actors) RenameAs(ctx context.Context, tx *store.Tx, actor *store.Actor, name string, exact bool, act audit.Act) error {
	before := actor.Username
	actor.Username = name
	if err := a.freeName(tx, actor, exact); err != nil || actor.Username == before {
		return err
	}
	if err := tx.UpdateActor(actor); err != nil {
		return err
	}
	if err := a.Queue.Insert(ctx, tx, StandingJob{ActorID: actor.ID}); err != nil {
		return err
	}
	act.Action, act.Subject = "account.rename", actor.Username
	act.Detail["before"], act.Detail["actor"] = before, actor.ID
	return audit.Write(tx, act)
}

// SetPowers changes what an account may do here: its role, and permissions beyond
// those of the role, by name and separated by spaces. The last owner stays owner.
func (a *Actors) SetPowers(ctx context.Context, by, id int64, role, permissions string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(id)
		if err != nil {
			return err
		}
		if account.Actor.Impersonal() {
			return fault.New(fault.Invalid, "A shared account and a bot have no other role")
		}
		u := &account.User
		if u.Role == role && u.Permissions == permissions {
			return nil
		}
		if role != u.Role {
			if err := keepOwner(tx, account); err != nil {
				return err
			}
		}
		detail := map[string]any{"before": u.Role, "after": role}
		if u.Permissions != permissions {
			detail["permissions_before"], detail["permissions_after"] = u.Permissions, permissions
		}
		if err := tx.SetPowers(u, role, permissions); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.role", Subject: account.Actor.Username, Detail: detail})
	})
}

// keepOwner refuses what would leave the node without an owner.
func keepOwner(tx *store.Tx, account *store.Account) error {
	if account.User.Role != "owner" || account.Actor.Lifecycle != store.Active {
		return nil
	}
	last, err := tx.LastOwner()
	if err == nil && last {
		return fault.New(fault.Conflict, account.Actor.Username+" is the last owner: make somebody else owner first")
	}
	return err
}

// SetNote keeps what actor noted about target, for actor's eyes only.
func (a *Actors) SetNote(ctx context.Context, actor, target int64, comment string) error {
	if len(comment) > 2000 {
		return fault.New(fault.Invalid, "Validation failed: Comment is too long (maximum is 2000 characters)")
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetAccountNote(actor, target, comment) })
}
