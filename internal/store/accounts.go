package store

import "strings"

// AccountSearch says which accounts, here and elsewhere, those who look after
// them want to see. What is empty does not matter.
type AccountSearch struct {
	Local, Remote bool
	Status        string   // active, disabled, silenced, suspended
	Roles         []string // of ours
	Addresses     []string // from which ours signed in; nil: from any
	Username      string   // how it begins
	DisplayName   string   // a part of it
	Email         string   // how it begins
	Domain        string
}

// statuses are the accounts of each status. Who is disabled has no access but
// is shown.
var statuses = map[string]string{
	"active":    `a.lifecycle = 'active' AND NOT a.suspended_there`,
	"disabled":  `a.lifecycle = 'deprovisioned'`,
	"silenced":  `a.limited`,
	"suspended": `(a.lifecycle = 'suspended' OR a.suspended_there)`,
}

// FindAccounts are the accounts that are searched for, newest first. The actor
// of the node itself and what was erased are nobody's.
func (r Reader) FindAccounts(q AccountSearch, page Page) ([]*Actor, error) {
	where, args := r.sought(q)
	bounds, boundArgs, order := page.bounds("a.id")
	var rows []*Actor
	err := r.scan(&rows, `SELECT a.* FROM actors a WHERE a.lifecycle <> 'erased' AND NOT (a.domain = '' AND a.kind = 'Application')`+where+` AND `+bounds+` ORDER BY `+order+` LIMIT ?`,
		append(append(args, boundArgs...), page.Limit)...)
	return newestFirst(page, rows), err
}

// sought is the condition of a search.
func (r Reader) sought(q AccountSearch) (where string, args []any) {
	also := func(wanted bool, condition string, arg ...any) {
		if wanted {
			where, args = where+" AND "+condition, append(args, arg...)
		}
	}
	also(q.Local, `a.domain = ''`)
	also(q.Remote, `a.domain <> ''`)
	also(q.Status != "", statuses[q.Status])
	also(q.Username != "", `LOWER(a.username) LIKE ? ESCAPE '\'`, like(strings.ToLower(q.Username))+"%")
	also(q.DisplayName != "", `LOWER(a.display_name) LIKE ? ESCAPE '\'`, "%"+like(strings.ToLower(q.DisplayName))+"%")
	also(q.Email != "", `a.id IN (SELECT actor_id FROM users WHERE LOWER(email) LIKE ? ESCAPE '\')`, like(strings.ToLower(q.Email))+"%")
	also(q.Domain != "", `a.domain = ?`, strings.ToLower(q.Domain))
	if q.Roles != nil {
		cond, arg := r.inText("role", q.Roles)
		also(true, `a.id IN (SELECT actor_id FROM users WHERE `+cond+`)`, arg)
	}
	if q.Addresses != nil {
		cond, arg := r.inText("address", q.Addresses)
		also(true, `a.id IN (SELECT actor_id FROM sessions WHERE `+cond+`)`, arg)
	}
	return where, args
}

// Users are what is known of those of the actors that are local, by actor.
func (r Reader) Users(ids []int64) (map[int64]*User, error) {
	cond, arg := r.in("actor_id", ids)
	var rows []*User
	err := r.scan(&rows, `SELECT * FROM users WHERE `+cond, arg)
	return byID(rows, func(u *User) int64 { return u.ActorID }), err
}

// SeenAddress is from where somebody signed in, and when that was last used.
type SeenAddress struct {
	ActorID int64
	Address string
	SeenAt  Time
}

// AddressesOf are from where the actors signed in, the latest first.
func (r Reader) AddressesOf(ids []int64) (map[int64][]SeenAddress, error) {
	cond, arg := r.in("actor_id", ids)
	var rows []SeenAddress
	err := r.scan(&rows, `SELECT actor_id, address, MAX(seen_at) AS seen_at FROM sessions WHERE address <> '' AND `+cond+` GROUP BY actor_id, address ORDER BY actor_id, seen_at DESC`, arg)
	return group(rows, func(s SeenAddress) int64 { return s.ActorID }), err
}

// SignInAddresses are all from which anybody signed in.
func (r Reader) SignInAddresses() ([]string, error) {
	var rows []string
	return rows, r.scan(&rows, `SELECT DISTINCT address FROM sessions WHERE address <> ''`)
}
