package scim

import (
	"maps"
	"slices"
	"strconv"

	"parley/auth"
	"parley/internal/store"
)

func (s *SCIM) createGroup(c *call, row *store.SCIMResource, said object) error {
	return s.DB.Write(c.Context(), func(tx *store.Tx) error {
		members := memberIDs(said)
		about := without(said, "members")
		if err := s.set(tx, group, row, about); err != nil {
			return err
		}
		row.Active = true
		if err := tx.CreateSCIM(row); err != nil {
			return err
		}
		if err := s.enrol(tx, row, members); err != nil {
			return err
		}
		return s.regroup(c, tx, members, auth.GroupNames(row), nil)
	})
}

// changeGroup alters a group and who is in it.
func (s *SCIM) changeGroup(c *call, tx *store.Tx, row *store.SCIMResource, alter func(object) (object, error)) error {
	had, err := tx.SCIMMembers([]int64{row.ID})
	if err != nil {
		return err
	}
	var before []int64
	known := decoded(row.Said)
	for _, m := range had[row.ID] {
		before = append(before, m.UserID)
	}
	known["members"] = memberValues(before)
	said, err := alter(known)
	if err != nil {
		return err
	}
	names, text, after := auth.GroupNames(row), row.Said, memberIDs(said)
	if err := s.set(tx, group, row, without(said, "members")); err != nil {
		return err
	}
	added, removed := less(after, before), less(before, after)
	if row.Said == text && len(added)+len(removed) == 0 {
		return nil
	}
	if err := tx.UpdateSCIM(row); err != nil {
		return err
	}
	if err := s.enrol(tx, row, added); err != nil {
		return err
	}
	if err := tx.RemoveSCIMMembers(row.ID, removed); err != nil {
		return err
	}
	return s.moved(c, tx, row, names, added, removed, less(before, removed))
}

// moved decides anew about the roles of those whom a change of a group concerns:
// who left it, who came, and where it is called otherwise now, who stayed.
func (s *SCIM) moved(c *call, tx *store.Tx, row *store.SCIMResource, before []string, added, removed, stayed []int64) error {
	after := auth.GroupNames(row)
	if err := s.regroup(c, tx, removed, before, before); err != nil {
		return err
	}
	if err := s.regroup(c, tx, added, after, nil); err != nil {
		return err
	}
	if slices.Equal(before, after) {
		return nil
	}
	gone := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return slices.Contains(after, name) })
	return s.regroup(c, tx, stayed, slices.Concat(before, after), gone)
}

// removeGroup takes a group away, so that nobody is in it any more.
func (s *SCIM) removeGroup(c *call, tx *store.Tx, row *store.SCIMResource) error {
	rows, err := tx.SCIMMembers([]int64{row.ID})
	if err != nil {
		return err
	}
	var members []int64
	for _, m := range rows[row.ID] {
		members = append(members, m.UserID)
	}
	names := auth.GroupNames(row)
	if err := tx.RemoveSCIMMembers(row.ID, members); err != nil {
		return err
	}
	row.DeletedAt, row.Name, row.ExternalID, row.Said = store.Now(), "", "", "{}"
	if err := tx.UpdateSCIM(row); err != nil {
		return err
	}
	return s.regroup(c, tx, members, names, names)
}

// leaveAll takes a user out of all groups.
func (s *SCIM) leaveAll(c *call, tx *store.Tx, row *store.SCIMResource) error {
	groups, err := tx.SCIMGroupsOf(row.Issuer, row.ActorID)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := tx.RemoveSCIMMembers(g.ID, []int64{row.ID}); err != nil {
			return err
		}
		if err := s.regroup(c, tx, []int64{row.ID}, auth.GroupNames(g), auth.GroupNames(g)); err != nil {
			return err
		}
	}
	return nil
}

// enrol puts users into a group, after it is clear that they are users of the
// provider: there are no groups in groups.
func (s *SCIM) enrol(tx *store.Tx, row *store.SCIMResource, ids []int64) error {
	known, err := tx.SCIMByID(row.Issuer, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		switch member := known[id]; {
		case member == nil:
			return bad("invalidValue", "One of the members is no User here: create it first")
		case member.Kind != user.name:
			return bad("invalidValue", "A group cannot be a member of a group here: send its users")
		}
	}
	return tx.AddSCIMMembers(row.ID, ids)
}

// regroup decides anew about the roles of users, if any hangs on the names of
// the group. left are the names that they are not in any more.
func (s *SCIM) regroup(c *call, tx *store.Tx, users []int64, names, left []string) error {
	if !c.provider.Governs(names) {
		return nil
	}
	rows, err := tx.SCIMByID(c.token.Issuer, users)
	if err != nil {
		return err
	}
	for _, id := range users {
		if err := auth.Regroup(tx, c.provider, rows[id].ActorID, left, c.signal()); err != nil {
			return err
		}
	}
	return nil
}

// memberIDs are the ids of the members, each once; -1 stands for what is none.
func memberIDs(said object) (ids []int64) {
	for _, m := range values(said, "members") {
		ids = append(ids, idOf(text(m, "value")))
	}
	return store.Unique(ids)
}

func memberValues(ids []int64) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = object{"value": strconv.FormatInt(id, 10)}
	}
	return list
}

// less are those of the ids that are not among others. Both are in order.
func less(ids, others []int64) (rest []int64) {
	for _, id := range ids {
		if _, known := slices.BinarySearch(others, id); !known {
			rest = append(rest, id)
		}
	}
	return rest
}

func without(o object, name string) object {
	c := maps.Clone(o)
	delete(c, name)
	return c
}
