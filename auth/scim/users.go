package scim

import (
	"cmp"
	"strings"

	"parley/actors"
	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// createUser takes on somebody: with the account that the person has here
// already, or a new one.
func (s *SCIM) createUser(c *call, row *store.SCIMResource, said object) error {
	if _, told := said["active"]; !told {
		said["active"] = true
	}
	draft, err := s.draft(c, said)
	if err != nil {
		return err
	}
	return s.DB.Write(c.Context(), func(tx *store.Tx) error {
		if err := s.Actors.Alone(tx); err != nil { // with those who sign in meanwhile
			return err
		}
		if err := s.set(tx, user, row, said); err != nil {
			return err
		}
		row.Active = said["active"] == true
		returns, err := s.take(tx, row, draft)
		if err != nil {
			return err
		}
		if err := tx.CreateSCIM(row); err != nil {
			return err
		}
		return s.follow(c, tx, row, said, returns)
	})
}

// draft is a new account for somebody, nil where the person has one. Its keys
// take their time, which is why no transaction makes it.
func (s *SCIM) draft(c *call, said object) (*actors.Draft, error) {
	_, err := accountOf(s.DB.With(c.Context()), c.token.Issuer, text(said, "externalId"))
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	claims := auth.Claims{Issuer: c.token.Issuer, Subject: text(said, "externalId"), Username: text(said, "userName"), Name: nameOf(said), Email: email(said)}
	if err := s.Auth.Welcomes(c.Context(), claims); err != nil {
		return nil, err
	}
	return s.Actors.Draft(actors.Newcomer{Username: c.provider.Names.For(claims), DisplayName: claims.Name, Email: claims.Email,
		Role: string(auth.Member), Issuer: claims.Issuer, Signal: c.signal()})
}

// accountOf is the account of whom the directory knows by an external id: the
// one that the person signs in to, or had when the directory spoke of it last.
func accountOf(r store.Reader, issuer, externalID string) (int64, error) {
	identity, err := r.IdentityKnownAs(issuer, externalID)
	if err == nil {
		return identity.ActorID, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	before, err := r.SCIMPerson(issuer, externalID)
	if err != nil {
		return 0, err
	}
	return before.ActorID, nil
}

// take gives a user its account. It tells whether somebody returns whom the
// directory had taken away.
func (s *SCIM) take(tx *store.Tx, row *store.SCIMResource, draft *actors.Draft) (returns bool, err error) {
	row.ActorID, err = accountOf(tx.Reader, row.Issuer, row.ExternalID)
	if fault.Is(err, fault.NotFound) && draft != nil {
		row.ActorID = draft.Account.Actor.ID
		return false, s.Actors.Enter(tx, draft)
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.SCIMUserOf(row.Issuer, row.ActorID); !fault.Is(err, fault.NotFound) {
		return false, cmp.Or(err, taken("The account of this person belongs to another User already: change or delete that one"))
	}
	actor, err := tx.Actor(row.ActorID)
	if err == nil && actor.Lifecycle == store.Erased {
		err = taken("The account of this person was deleted here for good")
	}
	if err != nil {
		return false, err
	}
	return tx.HasLeft(row.ActorID)
}

// changeUser alters somebody.
func (s *SCIM) changeUser(c *call, tx *store.Tx, row *store.SCIMResource, alter func(object) (object, error)) error {
	before, was, known := row.Said, row.Active, row.ExternalID
	said, err := alter(decoded(row.Said))
	if err != nil {
		return err
	}
	if err := s.set(tx, user, row, said); err != nil {
		return err
	}
	if row.ExternalID != known {
		if err := s.unclaimed(tx, row); err != nil {
			return err
		}
	}
	row.Active = said["active"] == true
	if row.Said != before {
		if err := tx.UpdateSCIM(row); err != nil {
			return err
		}
	}
	return s.follow(c, tx, row, said, !was)
}

// unclaimed refuses another external id for a user where somebody signs in by
// it to another account: no request moves a person from one to the other.
func (s *SCIM) unclaimed(tx *store.Tx, row *store.SCIMResource) error {
	identity, err := tx.IdentityKnownAs(row.Issuer, row.ExternalID)
	if fault.Is(err, fault.NotFound) || err == nil && identity.ActorID == row.ActorID {
		return nil
	}
	return cmp.Or(err, taken("Whoever has this externalId signs in to another account here: delete this User and create it anew"))
}

// follow has the account follow what the directory says: the address, the profile
// and whether the person has access. comes is true for somebody who had none before.
func (s *SCIM) follow(c *call, tx *store.Tx, row *store.SCIMResource, said object, comes bool) error {
	var addresses []string
	for _, e := range values(said, "emails") {
		if address := text(e, "value"); address != "" {
			addresses = append(addresses, strings.ToLower(address))
		}
	}
	if err := tx.SetSCIMEmails(row.ID, addresses); err != nil {
		return err
	}
	if err := followEmail(tx, row.ActorID, email(said)); err != nil {
		return err
	}
	if !row.Active {
		return s.Actors.CloseOn(c.Context(), tx, row.ActorID, c.signal())
	}
	if comes {
		if err := s.Actors.EnableOn(c.Context(), tx, row.ActorID, c.signal()); err != nil {
			return err
		}
	}
	return s.Auth.Redescribe(c.Context(), tx, c.provider, row.ActorID)
}

// followEmail keeps the address where the directory names none, as at sign-in.
func followEmail(tx *store.Tx, actor int64, address string) error {
	u, err := tx.User(actor)
	if err != nil || address == "" || u.Email == address {
		return err
	}
	u.Email = address
	return tx.UpdateUser(u)
}

// removeUser takes somebody out of the directory. What is kept is by what the
// person is known, who returns to the same account.
func (s *SCIM) removeUser(c *call, tx *store.Tx, row *store.SCIMResource) error {
	if err := s.Actors.CloseOn(c.Context(), tx, row.ActorID, c.signal()); err != nil {
		return err
	}
	if err := s.leaveAll(c, tx, row); err != nil {
		return err
	}
	if err := tx.SetSCIMEmails(row.ID, nil); err != nil {
		return err
	}
	row.Active, row.DeletedAt, row.Name, row.Said = false, store.Now(), "", "{}"
	return tx.UpdateSCIM(row)
}

// email is the address that counts: the primary one, or the first.
func email(said object) (address string) {
	for _, e := range values(said, "emails") {
		if v := text(e, "value"); e["primary"] == true || address == "" {
			address = v
		}
	}
	return short(address, 320) // RFC 3696, and room to spare
}

// nameOf is what an account shows that is new.
func nameOf(said object) string {
	parts := strings.TrimSpace(text(said, "name", "givenName") + " " + text(said, "name", "familyName"))
	return short(cmp.Or(text(said, "displayName"), text(said, "name", "formatted"), parts), 255)
}

func short(s string, length int) string {
	return strings.ToValidUTF8(s[:min(len(s), length)], "")
}
