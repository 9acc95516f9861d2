package mastodon

import (
	"encoding/json"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// notification is the entity Notification.
type notification struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	CreatedAt string          `json:"created_at"`
	GroupKey  string          `json:"group_key"`
	Account   json.RawMessage `json:"account"`
	Status    json.RawMessage `json:"status"`
	subjects
}

// subjects are what a notification, or a group of them, may be about besides a
// post.
type subjects struct {
	Report            *report     `json:"report"`
	Event             *severance  `json:"event"`
	ModerationWarning *struct{}   `json:"moderation_warning"`
	Collection        *collection `json:"collection"`
	Fallback          *fallback   `json:"fallback"`
}

// told is what a page of notifications shows: whom they are from and, as far
// as their reader may see them, which posts they are about.
type told struct {
	sheet    *sheet
	seen     map[int64]store.Entry
	accounts map[int64]json.RawMessage
}

// told gets everything that notifications from some about some posts show.
func (a *API) told(r store.Reader, reader int64, from, posts []int64) (*told, error) {
	entries, err := r.Entries(reader, store.Unique(posts))
	if err != nil {
		return nil, err
	}
	t := &told{seen: make(map[int64]store.Entry, len(entries))}
	if t.sheet, err = a.sheet(r, reader, entries); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if t.sheet.whole(e) && !t.sheet.hidden(e, store.InNotifications) {
			t.seen[e.PostID] = e
		}
	}
	actors, err := r.Actors(store.Unique(from))
	if err != nil {
		return nil, err
	}
	t.accounts, err = a.rendered(r, reader, actors)
	return t, err
}

// complete reports whether the notification can be shown: one about a post
// that its reader may not see any more, or has filtered out, is left out.
func (t *told) complete(n *store.Notification) bool {
	_, seen := t.seen[n.PostID]
	return n.PostID == 0 || seen
}

// status is the post with the id, null for none.
func (t *told) status(id int64) json.RawMessage {
	e, seen := t.seen[id]
	if !seen {
		return nil
	}
	return t.sheet.appendStatus(nil, e)
}

// groupKey is the name of the group that a notification is in, or is by
// itself.
func groupKey(n *store.Notification) string {
	if n.GroupKey != "" {
		return n.GroupKey
	}
	return ungrouped + id(n.ID)
}

const ungrouped = "ungrouped-"

// concerns are the senders and posts of some notifications.
func concerns(rows []*store.Notification) (from, posts []int64) {
	for _, n := range rows {
		from = append(from, n.FromID)
		if n.PostID != 0 {
			posts = append(posts, n.PostID)
		}
	}
	return from, posts
}

// notifications makes the entities.
func (a *API) notifications(r store.Reader, reader int64, rows []*store.Notification) ([]notification, error) {
	from, posts := concerns(rows)
	t, err := a.told(r, reader, from, posts)
	if err != nil {
		return nil, err
	}
	about, err := a.subjects(r, reader, rows)
	if err != nil {
		return nil, err
	}
	all := make([]notification, 0, len(rows))
	for _, n := range rows {
		if t.accounts[n.FromID] == nil || !t.complete(n) {
			continue
		}
		all = append(all, notification{
			ID: id(n.ID), Type: n.Kind, CreatedAt: moment(n.CreatedAt), GroupKey: groupKey(n), Account: t.accounts[n.FromID], Status: t.status(n.PostID), subjects: about[n.SubjectID],
		})
	}
	return all, nil
}

// noticeQuery reads which notifications are wanted.
func noticeQuery(c *gin.Context) (store.NotificationQuery, error) {
	p, err := read(c)
	if err != nil {
		return store.NotificationQuery{}, err
	}
	return store.NotificationQuery{
		Kinds: p.texts("types"), Without: p.texts("exclude_types"), FromID: p.id("account_id"), Filtered: p.yes("include_filtered"),
		Grouped: p.texts("grouped_types"),
	}, nil
}

// Notifications answers with what the viewer was told.
func (a *API) Notifications(c *gin.Context) error {
	q, err := noticeQuery(c)
	if err != nil {
		return err
	}
	q.Grouped = nil
	page := pageOf(c, noticeLimits)
	rows, err := a.reader(c).Notifications(viewer(c), page, q)
	if err != nil {
		return err
	}
	all, err := a.notifications(a.reader(c), viewer(c), rows)
	if err != nil {
		return err
	}
	supported := queries(c, "supported_types")
	for i, n := range all {
		all[i].Fallback = fallbackFor(n.Type, n.Account, supported)
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, all)
}

// Notification answers with one of them.
func (a *API) Notification(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	n, err := a.notification(a.reader(c), viewer(c), id)
	if err != nil {
		return err
	}
	return answer(c, n)
}

func (a *API) notification(r store.Reader, reader, id int64) (*notification, error) {
	row, err := r.Notification(reader, id)
	if fault.Is(err, fault.NotFound) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	all, err := a.notifications(r, reader, []*store.Notification{row})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errNotFound
	}
	return &all[0], nil
}

// Dismiss removes a notification.
func (a *API) Dismiss(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Notify.Dismiss(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}

// ClearNotifications removes all of them.
func (a *API) ClearNotifications(c *gin.Context) error {
	if err := a.Notify.Dismiss(contextOf(c), viewer(c), 0); err != nil {
		return err
	}
	return done(c)
}

// UnreadCount answers with how many came after the viewer's marker.
func (a *API) UnreadCount(c *gin.Context) error {
	q, err := noticeQuery(c)
	if err != nil {
		return err
	}
	q.Grouped = nil
	return a.unread(c, q)
}

func (a *API) unread(c *gin.Context, q store.NotificationQuery) error {
	n, err := a.reader(c).UnreadNotifications(viewer(c), limits{100, 1000}.of(c.Query("limit")), q)
	if err != nil {
		return err
	}
	return answer(c, map[string]int64{"count": n})
}
