package mastodon

import (
	"net/netip"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// adminLimits are those of the lists of administrators.
var adminLimits = limits{100, 200}

// AdminAccountsV1 answers with accounts, here and elsewhere. What is asked for
// stands in parameters of its own, as local=true and suspended=true.
func (a *API) AdminAccountsV1(c *gin.Context) error {
	q := store.AccountSearch{Local: asks(c, "local"), Remote: asks(c, "remote")}
	for _, status := range []string{"active", "pending", "disabled", "silenced", "suspended", "sensitized"} {
		if asks(c, status) {
			q.Status = status
		}
	}
	if asks(c, "staff") {
		q.Roles = staff()
	}
	return a.findAdminAccounts(c, q)
}

// AdminAccounts answers with the same, asked for as origin=local and
// status=suspended.
func (a *API) AdminAccounts(c *gin.Context) error {
	q := store.AccountSearch{Local: c.Query("origin") == "local", Remote: c.Query("origin") == "remote", Status: c.Query("status")}
	if c.Query("permissions") == "staff" {
		q.Roles = staff()
	}
	if wanted := queries(c, "role_ids"); len(wanted) > 0 {
		q.Roles = rolesWithIDs(wanted)
	}
	if c.Query("invited_by") != "" {
		q.Status = "invited"
	}
	return a.findAdminAccounts(c, q)
}

// staff are the roles that look after reports.
func staff() []string {
	roles := slices.DeleteFunc(slices.Clone(auth.Roles), func(r auth.Role) bool { return !auth.Powers{Role: r}.May(auth.ActOnReport) })
	return each(roles, func(r auth.Role) string { return string(r) })
}

// rolesWithIDs are the roles that clients know by the ids.
func rolesWithIDs(ids []string) []string {
	found := []string{}
	for _, r := range auth.Roles {
		if slices.Contains(ids, roleOf(r).ID) {
			found = append(found, string(r))
		}
	}
	return found
}

// findAdminAccounts answers with a page of a search. Nobody waits for approval
// here, is marked as sensitive or was invited.
func (a *API) findAdminAccounts(c *gin.Context, q store.AccountSearch) error {
	q.Username, q.DisplayName, q.Domain, q.Email = c.Query("username"), c.Query("display_name"), c.Query("by_domain"), c.Query("email")
	if slices.Contains([]string{"pending", "sensitized", "invited"}, q.Status) {
		return a.None(c)
	}
	if !slices.Contains([]string{"", "active", "disabled", "silenced", "suspended"}, q.Status) {
		return fault.New(fault.Invalid, "There is no status "+q.Status)
	}
	r := a.reader(c)
	if network := c.Query("ip"); network != "" {
		var err error
		if q.Addresses, err = addressesIn(r, network); err != nil {
			return err
		}
	}
	page := pageOf(c, adminLimits)
	rows, err := r.FindAccounts(q, page)
	if err != nil {
		return err
	}
	all, err := a.adminAccounts(r, viewer(c), actorsByID(rows))
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, each(rows, func(actor *store.Actor) *adminAccount { return all[actor.ID] }))
}

func actorsByID(rows []*store.Actor) map[int64]*store.Actor {
	actors := make(map[int64]*store.Actor, len(rows))
	for _, actor := range rows {
		actors[actor.ID] = actor
	}
	return actors
}

// addressesIn are the addresses of sign-ins that are in a network, or are the
// one that is named.
func addressesIn(r store.Reader, network string) ([]string, error) {
	wanted, err := networkOf(network)
	if err != nil {
		return nil, err
	}
	known, err := r.SignInAddresses()
	return slices.DeleteFunc(append([]string{}, known...), func(address string) bool {
		ip, err := netip.ParseAddr(address)
		return err != nil || !wanted.Contains(ip.Unmap())
	}), err
}

// networkOf reads a network, or an address as the network of itself.
func networkOf(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return network, fault.Wrap(fault.Invalid, err, "Validation failed: Ip is invalid: write an address or a network, such as 192.0.2.7 or 192.0.2.0/24")
	}
	return network.Masked(), nil
}

// AdminAccount answers with the account in the path.
func (a *API) AdminAccount(c *gin.Context) error {
	actor, err := a.adminTarget(c)
	if err != nil {
		return err
	}
	return a.showAdminAccount(c, actor.ID)
}

func (a *API) showAdminAccount(c *gin.Context, target int64) error {
	r := a.reader(c)
	actor, err := r.Actor(target)
	if err != nil {
		return err
	}
	all, err := a.adminAccounts(r, viewer(c), map[int64]*store.Actor{target: actor})
	if err != nil {
		return err
	}
	return answer(c, all[target])
}

// adminTarget is the account in the path, those that are hidden too. The node
// itself is nobody's to look after.
func (a *API) adminTarget(c *gin.Context) (*store.Actor, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	actor, err := a.reader(c).Actor(id)
	if fault.Is(err, fault.NotFound) || err == nil && (actor.Lifecycle == store.Erased || actor.Local() && actor.Kind == "Application") {
		return nil, errNotFound
	}
	return actor, err
}
