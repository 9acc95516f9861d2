package ui

import (
	"html"
	"html/template"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// Notifications is what happened to the reader. Looking at the first page
// reads them.
func (u *UI) Notifications(c *gin.Context) error {
	r, me := u.reader(c), viewer(c)
	found, err := r.Notifications(me, pageOf(c), store.NotificationQuery{})
	if err != nil {
		return err
	}
	read, err := lastRead(r, me)
	if err != nil {
		return err
	}
	var body Notifications
	if body.Items, err = u.notifications(r, me, found, read); err != nil {
		return err
	}
	if n := len(found); n > 0 {
		body.Older = older(c, n == perPage, found[n-1].ID)
		if c.Query("max_id") == "" && found[0].ID > read {
			if _, err := u.Notify.Mark(c.Request.Context(), me, "notifications", found[0].ID); err != nil {
				return err
			}
		}
	}
	return u.show(c, "notifications", "Notifications", "notifications", body, stream("notifications"))
}

func lastRead(r store.Reader, me int64) (int64, error) {
	markers, err := r.Markers(me)
	for _, m := range markers {
		if m.Timeline == "notifications" {
			return m.LastReadID, err
		}
	}
	return 0, err
}

// kinds are the names of notifications that the pages call otherwise.
var kinds = map[string]string{"reblog": "boost", "status": "post"}

// notifications makes the views. One about a post that the reader may not see
// any more is left out.
func (u *UI) notifications(r store.Reader, me int64, found []*store.Notification, read int64) ([]ViewNotification, error) {
	var posts, people []int64
	for _, n := range found {
		posts, people = append(posts, n.PostID), append(people, n.FromID)
	}
	entries, err := r.Entries(me, store.Unique(posts))
	if err != nil {
		return nil, err
	}
	shown, err := u.posts(r, me, entries)
	if err != nil {
		return nil, err
	}
	accounts, err := u.accounts(r, me, store.Unique(people))
	if err != nil {
		return nil, err
	}
	byID := map[string]*ViewPost{}
	for i := range shown {
		byID[shown[i].ID] = &shown[i]
	}
	who := map[string]ViewAccount{}
	for _, a := range accounts {
		who[a.ID] = a
	}
	said, err := r.Reactions(store.Unique(posts), store.Unique(people))
	if err != nil {
		return nil, err
	}
	var views []ViewNotification
	for _, n := range found {
		v := ViewNotification{ID: id(n.ID), Kind: n.Kind, When: n.CreatedAt.Time(), New: n.ID > read, Post: byID[id(n.PostID)]}
		if kind := kinds[n.Kind]; kind != "" {
			v.Kind = kind
		}
		from, known := who[id(n.FromID)]
		if !known || n.PostID != 0 && v.Post == nil {
			continue
		}
		v.Who = from
		if n.Kind == "favourite" {
			v.Reaction = u.reaction(from.owner, said[[2]int64{n.PostID, n.FromID}])
		}
		if n.Kind == "added_to_collection" || n.Kind == "collection_update" {
			v.Subject = collectionLink(n.SubjectID)
		}
		if v.Post != nil {
			v.Excerpt = excerpt(*v.Post, 160)
		}
		views = append(views, v)
	}
	return views, nil
}

// reaction is an emoji with which somebody reacted, in a line of text.
func (u *UI) reaction(who string, e store.Emoji) template.HTML {
	if e.URL == "" {
		return template.HTML(html.EscapeString(e.Shortcode))
	}
	return u.drawn(who, []store.Emoji{e}).Words(":" + e.Shortcode + ":")
}
