package auth

import (
	"slices"

	"parley/internal/fault"
)

// Role is what somebody may do on this node beyond speaking for themselves.
type Role string

// The roles. They are no ladder: an auditor reads what a moderator may not,
// and writes nothing.
const (
	Owner     Role = "owner"
	Admin     Role = "admin"
	Moderator Role = "moderator"
	Auditor   Role = "auditor"
	Member    Role = "member"
)

// Roles are all of them, the most powerful first.
var Roles = []Role{Owner, Admin, Moderator, Auditor, Member}

// Who runs the node, who looks after reports with them, and who may read what
// any of these do.
var (
	Stewards   = []Role{Owner, Admin}
	Moderators = []Role{Owner, Admin, Moderator}
	Overseers  = []Role{Owner, Admin, Moderator, Auditor}
)

// MayChange reports whether a role may change an account of another: an
// administrator does not touch owners, nor make any, and a moderator touches
// members alone.
func (r Role) MayChange(theirs Role) bool {
	return r == Owner || r == Admin && theirs != Owner || r == Moderator && theirs == Member
}

// MayDiscipline reports whether somebody may limit and suspend an account: of
// others anybody's, of ours nobody's who stands above, and not his own. theirs
// is its role here, empty for one of others.
func (w Who) MayDiscipline(target int64, theirs Role) bool {
	if theirs == "" {
		return slices.Contains(Moderators, w.Role)
	}
	return target != w.ActorID && w.Role.MayChange(theirs)
}

// ParseRole reads a role from a setting or a command line.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fault.New(fault.Invalid, "The role must be one of owner, admin, moderator, auditor and member.")
}
