package ui

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// OwnerAccounts lists the people of this node, the newest first.
func (u *UI) OwnerAccounts(c *gin.Context) error {
	q := store.AccountSearch{Local: true, Status: c.Query("state")}
	find := strings.TrimPrefix(strings.TrimSpace(c.Query("q")), "@")
	if strings.Contains(find, "@") {
		q.Email = find
	} else {
		q.Username = find
	}
	r, page := u.reader(c), pageOf(c)
	found, err := r.FindAccounts(q, page)
	if err != nil {
		return err
	}
	ids := make([]int64, len(found))
	for i, a := range found {
		ids[i] = a.ID
	}
	users, err := r.Users(ids)
	if err != nil {
		return err
	}
	body := OwnerPages{Tab: "accounts", Find: find, States: pick([]Option{{Value: "", Label: "All"}, {Value: "active", Label: "Active"}, {Value: "disabled", Label: "Left"}, {Value: "suspended", Label: "Suspended"}}, q.Status)}
	for _, a := range found {
		if user := users[a.ID]; user != nil {
			body.Accounts = append(body.Accounts, u.ownerAccount(a, user, viewer(c)))
		}
		body.Older = older(c, len(found) == page.Limit, a.ID)
	}
	return u.show(c, "owner", "Accounts", "owner", body)
}

func (u *UI) ownerAccount(a *store.Actor, user *store.User, me int64) OwnerAccount {
	return OwnerAccount{Account: u.account(a), Email: user.Email, Role: user.Role, Extra: user.Permissions,
		State: string(a.Lifecycle), SignedIn: user.SignedInAt.Time(), Joined: user.CreatedAt.Time(), You: a.ID == me}
}

// ChangeAccount signs an account out, closes or suspends it, lets it back in, or
// says who answers in its place.
func (u *UI) ChangeAccount(c *gin.Context) error {
	return u.changeAccount(c, func(ctx context.Context, who auth.Who, target int64) (err error) {
		switch c.Param("act") {
		case "sign_out":
			return u.Auth.EndAccess(ctx, who.ActorID, target)
		case "close":
			return u.Actors.Close(ctx, who.ActorID, target)
		case "suspend":
			return u.Actors.Disable(ctx, who.ActorID, target)
		case "enable":
			return u.Actors.Enable(ctx, who.ActorID, target)
		case "successor":
			_, err = u.Actors.SetSuccessor(ctx, who.ActorID, target, strings.TrimSpace(c.PostForm("handle")))
			return err
		}
		return errNotFound
	})
}

// GivePowers gives an account a role and permissions.
func (u *UI) GivePowers(c *gin.Context) error {
	return u.changeAccount(c, func(ctx context.Context, who auth.Who, target int64) error {
		given, err := powersOf(c)
		if err != nil {
			return err
		}
		if !who.MayGive(given) {
			return fault.New(fault.Forbidden, "You can give nobody what you may not do yourself, and only an owner makes owners.")
		}
		return u.Actors.SetPowers(ctx, who.ActorID, target, string(given.Role), given.Names())
	})
}

// DeleteAccount ends an account for good.
func (u *UI) DeleteAccount(c *gin.Context) error {
	return u.changeAccount(c, func(ctx context.Context, who auth.Who, target int64) error {
		return u.Actors.Delete(ctx, who.ActorID, target)
	})
}

// changeAccount changes an account that is the reader's to change, which his own is
// not.
func (u *UI) changeAccount(c *gin.Context, change func(context.Context, auth.Who, int64) error) error {
	who, target := auth.WhoIs(c.Request.Context()), number(c.Param("id"))
	account, err := u.reader(c).Account(target)
	if err != nil {
		return err
	}
	if target == who.ActorID || !who.MayChange(auth.PowersOf(account.User.Role, account.User.Permissions)) {
		return fault.New(fault.Forbidden, "This account is not yours to change.")
	}
	if err := change(c.Request.Context(), who, target); err != nil {
		return err
	}
	return see(c, "/owner/accounts/"+id(target)+"?done=account")
}

// DeleteAccountPage asks whether an account shall end.
func (u *UI) DeleteAccountPage(c *gin.Context) error {
	account, err := u.reader(c).Account(number(c.Param("id")))
	if err != nil {
		return err
	}
	return u.show(c, "confirm", "Delete an account", "owner", Confirm{
		Heading: "Delete @" + account.Actor.Username + "?", Text: "There is no way back. Nobody sees the account or its posts any more, every server that this node knows is told, and the name is never given again. What it said stays on record until the rules of retention let it go.",
		Action: "/owner/accounts/" + id(account.Actor.ID) + "/delete", Button: "Delete for good", Back: "/owner/accounts/" + id(account.Actor.ID),
	})
}

// ChangeElsewhere suspends or limits somebody on another node, as far as this
// one goes, or ends that.
func (u *UI) ChangeElsewhere(c *gin.Context) error {
	h, ok := text.ParseHandle(c.PostForm("name"))
	if !ok || u.ours(h.Host) || h.Host == "" {
		return fault.New(fault.Invalid, "Write a handle such as name@social.example.org.")
	}
	actor, err := u.reader(c).ActorByHandle(h.Username, h.Host)
	if err != nil {
		return err
	}
	if err := u.discipline(c, actor.ID, c.PostForm("act")); err != nil {
		return err
	}
	return see(c, "/owner?done=account")
}

// discipline does to an account what moderators do.
func (u *UI) discipline(c *gin.Context, target int64, act string) error {
	ctx, me := c.Request.Context(), viewer(c)
	switch act {
	case "suspend":
		return u.Actors.Disable(ctx, me, target)
	case "enable":
		return u.Actors.Enable(ctx, me, target)
	case "limit":
		return u.Actors.Limit(ctx, me, target, true)
	case "unlimit":
		return u.Actors.Limit(ctx, me, target, false)
	}
	return errNotFound
}

// RestorePartner takes up again the follows that a block ended.
func (u *UI) RestorePartner(c *gin.Context) error {
	if _, err := u.Partners.Restore(c.Request.Context(), viewer(c), c.PostForm("domain")); err != nil {
		return err
	}
	return see(c, "/owner/partners?done=restored")
}

// OwnerPartners lists the domains with a policy.
func (u *UI) OwnerPartners(c *gin.Context) error {
	found, err := u.reader(c).Partners()
	if err != nil {
		return err
	}
	body := OwnerPages{Tab: "partners", Mode: "allowlist"}
	if u.Partners.Open {
		body.Mode = "open"
	}
	for _, p := range found {
		body.Partners = append(body.Partners, OwnerPartner{Domain: p.Domain, Policy: p.Policy, Organisation: p.Organisation, Comment: p.Comment, Since: p.CreatedAt.Time()})
	}
	return u.show(c, "owner", "Partners", "owner", body)
}

// ChangePartner puts a domain under a policy.
func (u *UI) ChangePartner(c *gin.Context) error {
	if err := u.Partners.Set(c.Request.Context(), viewer(c), strings.TrimSpace(c.PostForm("domain")), c.PostForm("policy")); err != nil {
		return err
	}
	return see(c, "/owner/partners?done=partner")
}

// ForgetPartner puts a domain under no policy.
func (u *UI) ForgetPartner(c *gin.Context) error {
	if err := u.Partners.Remove(c.Request.Context(), viewer(c), strings.TrimSpace(c.PostForm("domain"))); err != nil {
		return err
	}
	return see(c, "/owner/partners?done=partner")
}

// OwnerDeliveries lists what is on its way to other nodes, and which of them
// do not take it.
func (u *UI) OwnerDeliveries(c *gin.Context) error {
	state, host, r := cmp.Or(c.Query("state"), "pending"), c.Query("host"), u.reader(c)
	found, err := r.Queue(state, host, store.Page{Max: number(c.Query("max_id")), Limit: 2 * perPage})
	if err != nil {
		return err
	}
	troubled, err := r.TroubledHosts(c.Query("after"), 2*perPage)
	if err != nil {
		return err
	}
	body := OwnerPages{Tab: "deliveries", Host: host, Dead: state == "dead",
		States: pick([]Option{{Value: "pending", Label: "Waiting"}, {Value: "dead", Label: "Given up"}, {Value: "done", Label: "Delivered"}}, state)}
	for _, h := range troubled {
		body.Hosts = append(body.Hosts, OwnerHost{Host: h.Host, State: string(h.State), Failures: h.Failures, Error: h.LastError,
			Since: h.FailingSince.Time(), Answered: h.LastSuccessAt.Time(), Probe: h.NextProbeAt.Time()})
	}
	if len(troubled) == 2*perPage {
		body.MoreHosts = "/owner/deliveries?after=" + url.QueryEscape(troubled[len(troubled)-1].Host)
	}
	for _, d := range found {
		body.Queue = append(body.Queue, OwnerDelivery{
			ID: id(d.ID), Kind: d.Kind, Host: d.Host, State: d.State, Attempts: d.Attempts, Status: d.LastStatus, Error: d.LastError,
			Made: d.CreatedAt.Time(), Next: d.NextAt.Time(),
		})
		body.Older = older(c, len(found) == 2*perPage, d.ID)
	}
	if len(found) < 2*perPage {
		body.Older = ""
	}
	return u.show(c, "owner", "Deliveries", "owner", body)
}

// Retry tries a delivery again, now.
func (u *UI) Retry(c *gin.Context) error {
	if err := u.Outbox.Retry(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/owner/deliveries?done=retried")
}

// RetryHost tries again all that was given up for a host.
func (u *UI) RetryHost(c *gin.Context) error {
	host := c.PostForm("host")
	if host == "" {
		return errNotFound
	}
	if _, err := u.Outbox.RetryDead(c.Request.Context(), viewer(c), host); err != nil {
		return err
	}
	return see(c, "/owner/deliveries?done=retried")
}
