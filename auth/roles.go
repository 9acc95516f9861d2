package auth

import (
	"slices"

	"parley/internal/fault"
)

// Role is what somebody may do on this node beyond speaking for themselves.
type Role string

// The roles. They are no ladder: a compliance officer and an auditor read what a
// moderator may not, and an auditor writes nothing.
const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	Moderator  Role = "moderator"
	Compliance Role = "compliance"
	Auditor    Role = "auditor"
	Member     Role = "member"
	Bot        Role = "bot" // of a program, never given to a person
)

// Roles are those that people have, the most powerful first.
var Roles = []Role{Owner, Admin, Moderator, Compliance, Auditor, Member}

// ParseRole reads a role from a setting or a command line.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fault.New(fault.Invalid, "The role must be one of owner, admin, moderator, compliance, auditor and member.")
}
