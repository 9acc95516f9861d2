package mastodon

import (
	"encoding/json"

	"parley/auth"
	"parley/internal/store"
)

// adminAccount is the entity Admin::Account.
// https://docs.joinmastodon.org/entities/Admin_Account/
//
// An identity provider vouches for everybody here, so that all of ours are
// confirmed and approved; nobody was invited or asked to be, and no app signs
// people up. Nothing is known of the address and language of those elsewhere.
type adminAccount struct {
	ID            string          `json:"id"`
	Username      string          `json:"username"`
	Domain        *string         `json:"domain"`
	CreatedAt     string          `json:"created_at"`
	Email         string          `json:"email"`
	IP            *string         `json:"ip"`
	IPs           []adminIP       `json:"ips"`
	Locale        string          `json:"locale"`
	InviteRequest *string         `json:"invite_request"`
	Role          role            `json:"role"`
	Confirmed     bool            `json:"confirmed"`
	Approved      bool            `json:"approved"`
	Disabled      bool            `json:"disabled"`
	Silenced      bool            `json:"silenced"`
	Suspended     bool            `json:"suspended"`
	Sensitized    bool            `json:"sensitized"`
	Account       json.RawMessage `json:"account"`
	CreatedByApp  *string         `json:"created_by_application_id"`
	InvitedBy     *string         `json:"invited_by_account_id"`
}

// adminIP is the entity Admin::Ip.
type adminIP struct {
	IP     string `json:"ip"`
	UsedAt string `json:"used_at"`
}

// What the pages of this node are written in, and what is not known.
const (
	pageLanguage    = "en"
	unknownLanguage = "und"
)

// adminAccounts are the entities of the actors, by id.
func (a *API) adminAccounts(r store.Reader, viewer int64, actors map[int64]*store.Actor) (map[int64]*adminAccount, error) {
	ids := make([]int64, 0, len(actors))
	for id := range actors {
		ids = append(ids, id)
	}
	accounts, err := a.rendered(r, viewer, actors)
	if err != nil {
		return nil, err
	}
	users, err := r.Users(ids)
	if err != nil {
		return nil, err
	}
	addresses, err := r.AddressesOf(ids)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]*adminAccount, len(actors))
	for id, actor := range actors {
		all[id] = adminAccountOf(actor, users[id], addresses[id], accounts[id])
	}
	return all, nil
}

func adminAccountOf(actor *store.Actor, user *store.User, addresses []store.SeenAddress, account json.RawMessage) *adminAccount {
	e := &adminAccount{
		ID: id(actor.ID), Username: actor.Username, Domain: optional(actor.Domain), CreatedAt: moment(actor.CreatedAt), Locale: unknownLanguage,
		IPs: []adminIP{}, Role: roleOf(auth.Member), Silenced: actor.Limited, Disabled: actor.Lifecycle == store.Deprovisioned,
		Suspended: actor.SuspendedThere || actor.Lifecycle == store.Suspended || actor.Lifecycle == store.Erased, Account: account,
	}
	if user != nil {
		e.Email, e.Locale, e.Role, e.Confirmed, e.Approved = user.Email, pageLanguage, roleOf(auth.Role(user.Role)), true, true
	}
	for _, seen := range addresses {
		e.IPs = append(e.IPs, adminIP{seen.Address, moment(seen.SeenAt)})
	}
	if len(e.IPs) > 0 {
		e.IP = &e.IPs[0].IP
	}
	return e
}
