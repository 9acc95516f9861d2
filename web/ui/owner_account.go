package ui

import (
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// OneAccount is the body of the page of an account of this node.
type OneAccount struct {
	OwnerAccount
	Fixed       bool // not the reader's to change
	Roles       []Option
	Permissions []Option // beyond the role
	Identities  []ViewIdentity
	Providers   []string // through which somebody could sign in to it
	Sessions    []ViewSession
	Grants      []ViewGrant
	Lines       []AuditLine
	Successor   string // the handle of who answers in its place; empty for nobody
}

// ViewIdentity is who an identity provider says that somebody is.
type ViewIdentity struct {
	Provider, Issuer, Subject string
	Since                     time.Time
}

// OwnerAccountPage shows what is known of an account: its state and how that came
// about, who it is to the providers, what can act as it.
func (u *UI) OwnerAccountPage(c *gin.Context) error {
	r, who := u.reader(c), auth.WhoIs(c.Request.Context())
	account, err := r.Account(number(c.Param("id")))
	if err != nil {
		return err
	}
	theirs := auth.PowersOf(account.User.Role, account.User.Permissions)
	body := OneAccount{OwnerAccount: u.ownerAccount(&account.Actor, &account.User, who.ActorID)}
	body.Fixed = body.You || !who.MayChange(theirs)
	if !account.Actor.Impersonal() {
		body.Roles, body.Permissions = choices(who, theirs)
	}
	if err := u.whatIsKnown(r, account, &body); err != nil {
		return err
	}
	if account.Actor.SuccessorID != 0 {
		next, err := r.Actor(account.Actor.SuccessorID)
		if err != nil {
			return err
		}
		body.Successor = "@" + next.Acct()
	}
	return u.show(c, "owner_account", "@"+account.Actor.Username, "owner", body)
}

// ChangeIdentity has somebody of a provider sign in to an account, or not any more.
func (u *UI) ChangeIdentity(c *gin.Context) error {
	ctx, me, target := c.Request.Context(), viewer(c), number(c.Param("id"))
	p := u.Auth.Provider(c.PostForm("provider"))
	if p == nil {
		return fault.New(fault.Invalid, "The settings name no such provider.")
	}
	var err error
	switch subject := strings.TrimSpace(c.PostForm("subject")); c.PostForm("act") {
	case "link":
		err = u.Auth.LinkIdentity(ctx, me, target, p, subject)
	case "unlink":
		_, err = u.Auth.UnlinkIdentity(ctx, me, target, p, subject)
	default:
		err = errNotFound
	}
	if err != nil {
		return err
	}
	return see(c, "/owner/accounts/"+id(target)+"?done=account")
}

// whatIsKnown fills in what hangs on an account.
func (u *UI) whatIsKnown(r store.Reader, account *store.Account, body *OneAccount) error {
	identities, err := r.IdentitiesOf(account.Actor.ID)
	if err != nil {
		return err
	}
	for _, i := range identities {
		body.Identities = append(body.Identities, ViewIdentity{u.Auth.ProviderName(i.Issuer), i.Issuer, i.Subject, i.CreatedAt.Time()})
	}
	if !account.Actor.Impersonal() {
		for _, p := range u.Auth.Providers {
			body.Providers = append(body.Providers, p.Name)
		}
	}
	grants, err := r.Grants(account.Actor.ID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		body.Grants = append(body.Grants, viewGrant(g))
	}
	sessions, err := r.Sessions(account.Actor.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		body.Sessions = append(body.Sessions, viewSession(s))
	}
	lines, err := r.AuditTrail(store.AuditQuery{Subject: account.Actor.Username, Limit: 10})
	if err != nil {
		return err
	}
	body.Lines, err = auditLines(r, lines)
	return err
}

// choices are the roles that the reader may give, and the permissions.
func choices(who auth.Who, theirs auth.Powers) (roles, permissions []Option) {
	for _, role := range auth.Roles {
		if who.MayGive(auth.Powers{Role: role}) {
			roles = append(roles, Option{Value: string(role), Label: string(role), Selected: role == theirs.Role})
		}
	}
	for _, g := range auth.Grants {
		if who.May(g.Permission) {
			permissions = append(permissions, Option{Value: string(g.Permission), Label: g.Means, Selected: slices.Contains(theirs.Extra, g.Permission)})
		}
	}
	return roles, permissions
}

// powersOf are the role and the permissions that a form gives.
func powersOf(c *gin.Context) (auth.Powers, error) {
	role, err := auth.ParseRole(c.PostForm("role"))
	if err != nil {
		return auth.Powers{}, err
	}
	extra, err := auth.ParsePermissions(strings.Join(c.PostFormArray("permissions"), " "))
	return auth.Powers{Role: role, Extra: extra}, err
}
