package auth

import (
	"cmp"
	"context"
	"net/http"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// Person is who is behind it all: oneself, or who acts as a shared account.
func (w Who) Person() int64 { return cmp.Or(w.ActedBy, w.ActorID) }

// guise is for whom somebody may act, or let an app act: as themselves, or as a
// shared account of theirs.
type guise struct {
	Who
	Name     string
	Selected bool
}

// guises are those of who asks, themselves first.
func (a *Auth) guises(ctx context.Context, who Who) ([]guise, error) {
	r := a.DB.With(ctx)
	person, err := r.Account(who.Person())
	if err != nil {
		return nil, err
	}
	shared, err := r.ActsAs(who.Person())
	if err != nil {
		return nil, err
	}
	own := Who{ActorID: person.Actor.ID, Username: person.Actor.Username, Powers: PowersOf(person.User.Role, person.User.Permissions)}
	list := []guise{{Who: own, Name: person.Actor.Name(), Selected: who.ActedBy == 0}}
	for _, s := range shared {
		as := Who{ActorID: s.ID, ActedBy: own.ActorID, Username: s.Username, Powers: Powers{Role: Member}}
		list = append(list, guise{Who: as, Name: s.Name(), Selected: who.ActorID == s.ID})
	}
	return list, nil
}

var errNoMember = fault.New(fault.Forbidden, "You cannot act as this account. Ask whoever runs this node to add you to it.")

// ActAs has a browser go on as a shared account of its person, or as the person
// again. It is a new session: open pages and streams of the one before end.
func (a *Auth) ActAs(w http.ResponseWriter, r *http.Request, account int64) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	if s == nil {
		return errSignedOut
	}
	person := cmp.Or(s.ActedBy, s.ActorID)
	next := *s // the same sign-in, with the same end
	next.ActorID, next.ActedBy = person, 0
	if account != person {
		next.ActorID, next.ActedBy = account, person
	}
	var secret string
	ctx := store.WithActing(r.Context(), store.Acting{By: next.ActedBy})
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		if may, err := tx.MayActAs(person, account); next.ActedBy != 0 && (err != nil || !may) {
			return cmp.Or(err, error(errNoMember))
		}
		actor, err := tx.Actor(next.ActorID)
		if err != nil {
			return err
		}
		if err := tx.EndSession(s.ID); err != nil {
			return err
		}
		if secret, err = a.beginSession(tx, next, r); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: next.ActorID, Action: "account.act_as", Subject: actor.Username})
	})
	if err == nil {
		a.setCookie(w, sessionName, secret, s.ExpiresAt.Time().Sub(store.Now().Time()))
	}
	return err
}
