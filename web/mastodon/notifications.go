package mastodon

import (
	"encoding/json"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// notification is the entity Notification.
type notification struct {
	ID                string          `json:"id"`
	Type              string          `json:"type"`
	CreatedAt         string          `json:"created_at"`
	GroupKey          string          `json:"group_key"`
	Account           json.RawMessage `json:"account"`
	Status            json.RawMessage `json:"status"`
	Report            *struct{}       `json:"report"`
	Event             *struct{}       `json:"event"`
	ModerationWarning *struct{}       `json:"moderation_warning"`
	Collection        *struct{}       `json:"collection"`
	Fallback          *struct{}       `json:"fallback"`
}

// notifications makes the entities. One about a post that its reader may not
// see any more is left out.
func (a *API) notifications(r store.Reader, reader int64, rows []*store.Notification) ([]notification, error) {
	var posts, from []int64
	for _, n := range rows {
		from = append(from, n.FromID)
		if n.PostID != 0 {
			posts = append(posts, n.PostID)
		}
	}
	entries, err := r.Entries(reader, unique(posts))
	if err != nil {
		return nil, err
	}
	s, err := a.sheet(r, reader, entries)
	if err != nil {
		return nil, err
	}
	actors, err := r.Actors(unique(from))
	if err != nil {
		return nil, err
	}
	accounts, err := a.rendered(r, actors)
	if err != nil {
		return nil, err
	}
	seen := make(map[int64]store.Entry, len(entries))
	for _, e := range entries {
		seen[e.PostID] = e
	}
	all := make([]notification, 0, len(rows))
	for _, n := range rows {
		e, visible := seen[n.PostID]
		if accounts[n.FromID] == nil || n.PostID != 0 && (!visible || !s.whole(e)) {
			continue
		}
		out := notification{ID: id(n.ID), Type: n.Kind, CreatedAt: moment(n.CreatedAt), GroupKey: "ungrouped-" + id(n.ID), Account: accounts[n.FromID]}
		if n.PostID != 0 {
			out.Status = s.appendStatus(nil, e)
		}
		all = append(all, out)
	}
	return all, nil
}

// Notifications answers with what the viewer was told.
func (a *API) Notifications(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	page := pageOf(c, noticeLimits)
	rows, err := a.reader(c).Notifications(viewer(c), page, store.NotificationQuery{
		Kinds: p.texts("types"), Without: p.texts("exclude_types"), FromID: p.id("account_id"),
	})
	if err != nil {
		return err
	}
	all, err := a.notifications(a.reader(c), viewer(c), rows)
	if err != nil {
		return err
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
	n, err := a.reader(c).UnreadNotifications(viewer(c), limits{100, 1000}.of(c.Query("limit")))
	if err != nil {
		return err
	}
	return answer(c, map[string]int64{"count": n})
}
