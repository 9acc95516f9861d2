package mastodon

import (
	"encoding/json"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// groups is the entity GroupedNotificationsResults.
type groups struct {
	Accounts []json.RawMessage  `json:"accounts"`
	Partial  *[]json.RawMessage `json:"partial_accounts"`
	Statuses []json.RawMessage  `json:"statuses"`
	Groups   []group            `json:"notification_groups"`
}

// group is the entity NotificationGroup. The newest id is a number, which is
// how clients were written; those that cannot hold it read page_max_id.
type group struct {
	GroupKey   string   `json:"group_key"`
	Count      int64    `json:"notifications_count"`
	Type       string   `json:"type"`
	MostRecent int64    `json:"most_recent_notification_id"`
	PageMinID  string   `json:"page_min_id"`
	PageMaxID  string   `json:"page_max_id"`
	LatestAt   string   `json:"latest_page_notification_at"`
	Samples    []string `json:"sample_account_ids"`
	StatusID   *string  `json:"status_id"`
	subjects
	samples      []int64
	notification *store.Notification
}

// samples is how many of those who made a group are shown with it.
const samples = 8

// Groups answers with what the viewer was told, in groups.
func (a *API) Groups(c *gin.Context) error {
	q, err := groupQuery(c)
	if err != nil {
		return err
	}
	partial := false
	switch c.Query("expand_accounts") {
	case "", "full":
	case "partial_avatars":
		partial = true
	default:
		return fault.New(fault.BadRequest, "Invalid value for expand_accounts: write full or partial_avatars")
	}
	page := pageOf(c, noticeLimits)
	rows, err := a.reader(c).Notifications(viewer(c), page, q)
	if err != nil {
		return err
	}
	floor := int64(0)
	if n := len(rows); n > 0 {
		floor = rows[n-1].ID
		a.link(c, page, rows[0].ID, floor)
	}
	all, err := a.grouped(a.reader(c), viewer(c), rows, q.Grouped, queries(c, "supported_types"), floor, partial)
	if err != nil {
		return err
	}
	return answer(c, all)
}

// groupQuery is noticeQuery where everything that can be a group is one unless
// the client says otherwise.
func groupQuery(c *gin.Context) (store.NotificationQuery, error) {
	q, err := noticeQuery(c)
	if len(q.Grouped) == 0 {
		q.Grouped = store.Grouped
	}
	return q, err
}

// grouped makes the entities of the groups that the rows are the newest of.
func (a *API) grouped(r store.Reader, reader int64, rows []*store.Notification, kinds, supported []string, floor int64, partial bool) (*groups, error) {
	list, err := gather(r, reader, rows, kinds, floor)
	if err != nil {
		return nil, err
	}
	var from, posts []int64
	for _, g := range list {
		from = append(from, g.samples...)
		if g.notification.PostID != 0 {
			posts = append(posts, g.notification.PostID)
		}
	}
	t, err := a.told(r, reader, from, posts)
	if err != nil {
		return nil, err
	}
	about, err := a.subjects(r, reader, rows)
	if err != nil {
		return nil, err
	}
	out := &groups{Accounts: []json.RawMessage{}, Statuses: []json.RawMessage{}, Groups: []group{}}
	statuses := map[int64]bool{}
	for _, g := range list {
		n := g.notification
		if !t.complete(n) || t.accounts[g.samples[0]] == nil {
			continue
		}
		if n.PostID != 0 {
			g.StatusID = optionalID(n.PostID)
			if !statuses[n.PostID] {
				statuses[n.PostID] = true
				out.Statuses = append(out.Statuses, t.status(n.PostID))
			}
		}
		g.subjects = about[n.SubjectID]
		g.Fallback = fallbackFor(n.Kind, t.accounts[g.samples[0]], supported)
		out.Groups = append(out.Groups, g)
	}
	out.people(t, partial)
	return out, nil
}

// gather makes the groups, without what is shown beside them. One that
// nobody speaks for any more is left out.
func gather(r store.Reader, reader int64, rows []*store.Notification, kinds []string, floor int64) ([]group, error) {
	together := map[string]bool{}
	for _, k := range kinds {
		together[k] = true
	}
	var keys []string
	for _, n := range rows {
		if n.GroupKey != "" && together[n.Kind] {
			keys = append(keys, n.GroupKey)
		}
	}
	members, err := r.GroupMembers(reader, keys, floor, samples)
	if err != nil {
		return nil, err
	}
	var list []group
	for _, n := range rows {
		g := group{
			GroupKey: ungrouped + id(n.ID), Count: 1, Type: n.Kind, MostRecent: n.ID, PageMinID: id(n.ID), PageMaxID: id(n.ID), LatestAt: moment(n.CreatedAt),
			samples: []int64{n.FromID}, notification: n,
		}
		if n.GroupKey != "" && together[n.Kind] {
			if len(members[n.GroupKey]) == 0 {
				continue
			}
			g.fill(n.GroupKey, members[n.GroupKey])
		}
		for _, from := range g.samples {
			g.Samples = append(g.Samples, id(from))
		}
		list = append(list, g)
	}
	return list, nil
}

func (g *group) fill(key string, members []store.Member) {
	newest := members[0]
	g.GroupKey, g.Count, g.MostRecent, g.LatestAt, g.samples = key, newest.Count, newest.ID, moment(newest.CreatedAt), nil
	g.PageMaxID = id(newest.ID)
	g.PageMinID = id(newest.PageMinID)
	if newest.PageMinID == 0 {
		g.PageMinID = g.PageMaxID
	}
	for _, m := range members {
		g.samples = append(g.samples, m.FromID)
	}
}

// people lists the accounts of the groups, each once: whole, or but for the
// first of each group only so far as to show their picture.
func (out *groups) people(t *told, partial bool) {
	whole := map[int64]bool{}
	for _, g := range out.Groups {
		for i, from := range g.samples {
			if !whole[from] && (i == 0 || !partial) && t.accounts[from] != nil {
				whole[from] = true
				out.Accounts = append(out.Accounts, t.accounts[from])
			}
		}
	}
	if !partial {
		return
	}
	rest := []json.RawMessage{}
	for _, g := range out.Groups {
		for _, from := range g.samples {
			if !whole[from] && t.accounts[from] != nil {
				whole[from] = true
				rest = append(rest, encode(avatarOf(t.accounts[from])))
			}
		}
	}
	out.Partial = &rest
}

// partialAccount is the entity PartialAccountWithAvatar.
type partialAccount struct {
	ID                string `json:"id"`
	Acct              string `json:"acct"`
	Locked            bool   `json:"locked"`
	Bot               bool   `json:"bot"`
	URL               string `json:"url"`
	Avatar            string `json:"avatar"`
	AvatarStatic      string `json:"avatar_static"`
	AvatarDescription string `json:"avatar_description"`
}

// avatarOf takes from a rendered account what its picture needs.
func avatarOf(account json.RawMessage) partialAccount {
	var p partialAccount
	_ = json.Unmarshal(account, &p) // we wrote it
	return p
}

// groupRow is the newest of the group in the path.
func (a *API) groupRow(c *gin.Context) (*store.Notification, error) {
	key := c.Param("id")
	var n *store.Notification
	var err error
	if alone, ok := strings.CutPrefix(key, ungrouped); ok {
		n, err = a.reader(c).Notification(viewer(c), number(alone))
	} else {
		n, err = a.reader(c).Group(viewer(c), key)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, errNotFound
	}
	return n, err
}

// kindsOf are the kinds to be shown as groups for a group that was asked for
// by its key.
func kindsOf(c *gin.Context) []string {
	if strings.HasPrefix(c.Param("id"), ungrouped) {
		return nil
	}
	return store.Grouped
}

// Group answers with one group.
func (a *API) Group(c *gin.Context) error {
	n, err := a.groupRow(c)
	if err != nil {
		return err
	}
	all, err := a.grouped(a.reader(c), viewer(c), []*store.Notification{n}, kindsOf(c), nil, 0, false)
	if err != nil {
		return err
	}
	if len(all.Groups) == 0 {
		return errNotFound
	}
	return answer(c, all)
}

// GroupAccounts answers with all who made a group.
func (a *API) GroupAccounts(c *gin.Context) error {
	n, err := a.groupRow(c)
	if err != nil {
		return err
	}
	page := pageOf(c, accountLimits)
	if kindsOf(c) == nil {
		return a.accountPage(c, page, []store.Listed{{Key: n.ID, ActorID: n.FromID}}, nil)
	}
	listed, err := a.reader(c).GroupAccounts(viewer(c), n.GroupKey, page)
	return a.accountPage(c, page, listed, err)
}

// DismissGroup removes a group.
func (a *API) DismissGroup(c *gin.Context) error {
	n, err := a.groupRow(c)
	if err != nil {
		return err
	}
	if kindsOf(c) == nil {
		err = a.Notify.Dismiss(contextOf(c), viewer(c), n.ID)
	} else {
		err = a.Notify.DismissGroup(contextOf(c), viewer(c), n.GroupKey)
	}
	if err != nil {
		return err
	}
	return done(c)
}

// UnreadGroups answers with how many groups came after the viewer's marker.
func (a *API) UnreadGroups(c *gin.Context) error {
	q, err := groupQuery(c)
	if err != nil {
		return err
	}
	return a.unread(c, q)
}
