package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/internal/fault"
)

// Permission is one thing that not everybody may do on this node.
type Permission string

// The permissions. Those that end in ".see" read and change nothing.
const (
	SeeAccounts    Permission = "accounts.see"
	ManageAccounts Permission = "accounts.manage"
	DeleteAccounts Permission = "accounts.delete"
	AssignRoles    Permission = "roles.assign"

	SeeIdentity        Permission = "identity.see"
	ManageIdentity     Permission = "identity.manage"
	ManageIntegrations Permission = "integrations.manage"

	SeeFederation    Permission = "federation.see"
	ManageFederation Permission = "federation.manage"
	DeleteFederation Permission = "federation.delete"

	SeeReports  Permission = "reports.see"
	ActOnReport Permission = "reports.act"
	SeeMeasures Permission = "measures.see"
	ManageNode  Permission = "node.manage"
	SeeAudit    Permission = "audit.see"
)

// Grant is a permission, what it is in words, and the roles that have it.
type Grant struct {
	Permission Permission
	Means      string
	Roles      []Role
}

var (
	stewards  = []Role{Owner, Admin}
	judges    = []Role{Owner, Admin, Moderator}
	observers = []Role{Owner, Admin, Compliance, Auditor}
	overseers = []Role{Owner, Admin, Moderator, Compliance, Auditor}
)

// Grants are what each role may do, beyond what everybody may: the one table of
// it. docs/identity.md shows the same.
var Grants = []Grant{
	{SeeAccounts, "See everybody's state, role and e-mail address", overseers},
	{ManageAccounts, "Sign out, close, suspend, limit and let back in", judges},
	{DeleteAccounts, "End an account for good", stewards},
	{AssignRoles, "Give and take roles and permissions", stewards},
	{SeeIdentity, "See providers, rules, directories and which networks may sign in", observers},
	{ManageIdentity, "Test providers, link identities, make tokens for directories, bar networks", stewards},
	{ManageIntegrations, "Make shared accounts, bots and their tokens", stewards},
	{SeeFederation, "See partners, their policies and what waits to be delivered", observers},
	{ManageFederation, "Allow, limit and block domains, try deliveries again", stewards},
	{DeleteFederation, "Forget a domain's policy", stewards},
	{SeeReports, "Read reports", overseers},
	{ActOnReport, "Settle reports and take posts down", judges},
	{SeeMeasures, "See how the node is, and how much it is used", overseers},
	{ManageNode, "Change rules, documents, announcements and emoji", stewards},
	{SeeAudit, "Read the audit trail", observers},
}

// reads reports whether a permission changes nothing.
func (p Permission) reads() bool { return strings.HasSuffix(string(p), ".see") }

// ParsePermissions reads permissions from a setting, a form or a command line:
// names separated by spaces.
func ParsePermissions(names string) ([]Permission, error) {
	var list []Permission
	for name := range strings.FieldsSeq(names) {
		p := Permission(name)
		if !slices.ContainsFunc(Grants, func(g Grant) bool { return g.Permission == p }) {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("There is no permission %q. There are: %s.", name, knownPermissions()))
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list, nil
}

func knownPermissions() string {
	names := make([]string, len(Grants))
	for i, g := range Grants {
		names[i] = string(g.Permission)
	}
	return strings.Join(names, ", ")
}

// Powers are what somebody may do on this node beyond speaking for themselves:
// what the role gives, and what the person has besides.
type Powers struct {
	Role  Role
	Extra []Permission
}

// PowersOf reads them as they are stored.
func PowersOf(role, permissions string) Powers {
	p := Powers{Role: Role(role)}
	for name := range strings.FieldsSeq(permissions) {
		p.Extra = append(p.Extra, Permission(name))
	}
	return p
}

// Names are the permissions beyond the role, as they are stored.
func (p Powers) Names() string {
	names := make([]string, len(p.Extra))
	for i, permission := range p.Extra {
		names[i] = string(permission)
	}
	return strings.Join(names, " ")
}

// String is the role, and the permissions beside it.
func (p Powers) String() string { return strings.TrimSpace(string(p.Role) + " " + p.Names()) }

// May reports whether the powers hold a permission. An auditor reads and never
// writes, whatever else somebody gave him; a bot does neither.
func (p Powers) May(permission Permission) bool {
	for _, g := range Grants {
		if g.Permission == permission && slices.Contains(g.Roles, p.Role) {
			return true
		}
	}
	if p.Role == Bot || p.Role == Auditor && !permission.reads() {
		return false
	}
	return slices.Contains(p.Extra, permission)
}

// any reports whether the powers hold a permission that reads, or one that writes.
func (p Powers) any(reads bool) bool {
	return slices.ContainsFunc(Grants, func(g Grant) bool { return g.Permission.reads() == reads && p.May(g.Permission) })
}

// MayChange reports whether the powers go over an account of somebody with
// others: an administrator does not touch owners, nor make any, and everybody
// else touches those alone who may do nothing that others may not.
func (p Powers) MayChange(theirs Powers) bool {
	switch p.Role {
	case Owner:
		return true
	case Admin:
		return theirs.Role != Owner
	}
	return p.May(ManageAccounts) && !theirs.any(true) && !theirs.any(false)
}

// MayGive reports whether the powers suffice to make somebody of these: nobody
// gives what he has not.
func (p Powers) MayGive(given Powers) bool {
	return p.May(AssignRoles) && p.MayChange(given) && !slices.ContainsFunc(Grants, func(g Grant) bool { return given.May(g.Permission) && !p.May(g.Permission) })
}

// MayDiscipline reports whether somebody may limit and suspend an account: of
// other nodes anybody's, of ours nobody's who stands above, and not his own.
func (a *Auth) MayDiscipline(ctx context.Context, who Who, target int64) (bool, error) {
	user, err := a.DB.With(ctx).User(target)
	if fault.Is(err, fault.NotFound) {
		return who.May(ManageAccounts), nil
	}
	return err == nil && target != who.ActorID && who.MayChange(PowersOf(user.Role, user.Permissions)), err
}
