package scim

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// create makes a resource. RFC 7644 3.3
func (s *SCIM) create(k *kind) handler {
	return func(c *call, _ int64) (*answer, error) {
		said, err := conform(k.attributes, c.body)
		if err != nil {
			return nil, err
		}
		row := &store.SCIMResource{ID: store.NewID(), Issuer: c.token.Issuer, Kind: k.name, Version: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
		if k == user {
			err = s.createUser(c, row, said)
		} else {
			err = s.createGroup(c, row, said)
		}
		if err != nil {
			return nil, s.refused(c, row, err)
		}
		return s.answer(c, k, row, http.StatusCreated)
	}
}

// replace puts a whole resource in place of another. What directories leave out
// and do not mean to take away stays. RFC 7644 3.5.1
func (s *SCIM) replace(k *kind) handler {
	return func(c *call, id int64) (*answer, error) {
		row, err := s.change(c, k, id, func(before object) (object, error) {
			after, err := conform(k.attributes, c.body)
			for _, name := range []string{"externalId", "active"} {
				if before[name] != nil && err == nil && after[name] == nil {
					after[name] = before[name]
				}
			}
			return after, err
		})
		if err != nil {
			return nil, err
		}
		return s.answer(c, k, row, http.StatusOK)
	}
}

// patch changes parts of a resource. A group is not answered with all of its
// members, unless somebody asks. RFC 7644 3.5.2
func (s *SCIM) patch(k *kind) handler {
	return func(c *call, id int64) (*answer, error) {
		ops, err := operations(c.body)
		if err != nil {
			return nil, err
		}
		row, err := s.change(c, k, id, func(before object) (object, error) {
			after := copied(before)
			for _, op := range ops {
				if err := op.apply(k.attributes, after); err != nil {
					return nil, err
				}
			}
			maps.DeleteFunc(after, func(_ string, v any) bool { return isEmpty(v) })
			return after, nil
		})
		if err != nil {
			return nil, err
		}
		if k == group && !c.URL.Query().Has("attributes") {
			return &answer{status: http.StatusNoContent, etag: etag(row)}, nil
		}
		return s.answer(c, k, row, http.StatusOK)
	}
}

// change alters a resource and all that follows from it, in one transaction.
func (s *SCIM) change(c *call, k *kind, id int64, alter func(object) (object, error)) (row *store.SCIMResource, err error) {
	err = s.DB.Write(c.Context(), func(tx *store.Tx) error {
		if row, err = s.locked(c, tx, k, id); err != nil {
			return err
		}
		if k == user {
			return s.changeUser(c, tx, row, alter)
		}
		return s.changeGroup(c, tx, row, alter)
	})
	return row, s.refused(c, row, err)
}

// locked is the resource that a call is about, if it is as the caller knows it.
func (s *SCIM) locked(c *call, tx *store.Tx, k *kind, id int64) (*store.SCIMResource, error) {
	row, err := tx.LockSCIM(c.token.Issuer, k.name, id)
	if err != nil {
		return nil, absent(k, err)
	}
	if known := c.Header.Get("If-Match"); known != "" && !isVersion(known, row) {
		return nil, errChanged
	}
	return row, nil
}

// remove takes a resource away. Somebody's account is closed, and stays.
// RFC 7644 3.6
func (s *SCIM) remove(k *kind) handler {
	return func(c *call, id int64) (*answer, error) {
		var row *store.SCIMResource
		err := s.DB.Write(c.Context(), func(tx *store.Tx) (err error) {
			if row, err = s.locked(c, tx, k, id); err != nil {
				return err
			}
			if k == user {
				return s.removeUser(c, tx, row)
			}
			return s.removeGroup(c, tx, row)
		})
		if err != nil {
			return nil, s.refused(c, row, err)
		}
		return &answer{status: http.StatusNoContent}, nil
	}
}

// set writes what is said of a resource into its row, and refuses what another
// of the provider has.
func (s *SCIM) set(tx *store.Tx, k *kind, row *store.SCIMResource, said object) error {
	row.Name, row.ExternalID = strings.ToLower(text(said, k.nameOf)), text(said, "externalId")
	if strings.TrimSpace(row.Name) == "" {
		return bad("invalidValue", "%s is needed", k.nameOf)
	}
	for name, key := range map[string]store.SCIMKey{k.nameOf: {Name: row.Name}, "externalId": {ExternalID: row.ExternalID}} {
		if key == (store.SCIMKey{}) {
			continue
		}
		other, err := tx.SCIMResource(row.Issuer, k.name, key)
		if err == nil && other.ID != row.ID {
			return taken("There is another %s with this %s already", k.name, name)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	text, err := json.Marshal(said)
	row.Said = string(text)
	return err
}

// refused notes that this node did not do what a directory wanted, such as
// closing the account of the last owner.
func (s *SCIM) refused(c *call, row *store.SCIMResource, err error) error {
	if !fault.Is(err, fault.Conflict) || row == nil {
		return err
	}
	act := audit.Act{Action: "scim.refused", Subject: row.Name, Detail: c.signal()}
	act.Detail["reason"] = fault.Message(err)
	if failed := s.DB.Write(c.Context(), func(tx *store.Tx) error { return audit.Write(tx, act) }); failed != nil {
		return failed
	}
	return err
}
