package ui

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/federation"
	"parley/internal/store"
)

// Bounds of a thread as it is shown.
const (
	maxAbove = 100
	maxBelow = 200
)

// Thread is the page of a post, with what it answers and its answers.
func (u *UI) Thread(c *gin.Context) error {
	r, me := u.reader(c), viewer(c)
	p, err := r.VisiblePost(me, number(c.Param("id")))
	if err != nil {
		return err
	}
	if p.BoostOfID != 0 {
		if p, err = r.VisiblePost(me, p.BoostOfID); err != nil {
			return err
		}
	}
	author, err := r.Actor(p.ActorID)
	if err != nil {
		return err
	}
	if elsewhere(c, p.Local, p.URI, p.URL) {
		return nil
	}
	if here := postLink(author, p.ID); !strings.EqualFold(c.Request.URL.Path, here) {
		c.Redirect(http.StatusFound, here)
		return nil
	}
	if me != 0 {
		u.Inbox.Open(c.Request.Context(), p)
	}
	body, err := u.thread(r, me, p)
	if err != nil {
		return err
	}
	if me != 0 {
		if body.Composer, err = u.composer(c, &body.Post); err != nil {
			return err
		}
		body.Composer.Compact = true
	}
	title := author.Name() + ": " + excerpt(body.Post, 60)
	return u.show(c, "thread", title, "", body, stream("thread:"+id(p.ID)), u.preview(author, p, body.Post))
}

// elsewhere sends other servers to the document behind a page, and strangers
// to a remote page's own server: we do not publish what others wrote.
func elsewhere(c *gin.Context, local bool, uri, page string) bool {
	c.Header("Vary", "Accept, Cookie")
	switch {
	case local && federation.Accepts(c.Request):
		c.Redirect(http.StatusFound, uri)
	case !local && viewer(c) == 0 && page != "":
		c.Redirect(http.StatusFound, page)
	default:
		return false
	}
	return true
}

// preview lets search engines and other apps show a public post whose author
// agreed to be found.
func (u *UI) preview(author *store.Actor, p *store.Post, v ViewPost) func(*Page) {
	return func(page *Page) {
		if p.Local && p.Visibility == store.Public && p.Scope == store.World && author.Indexable {
			page.Description, page.Canonical = excerpt(v, 200), p.URL
		}
	}
}

func (u *UI) thread(r store.Reader, me int64, p *store.Post) (Thread, error) {
	above, below, err := r.Thread(me, p, maxAbove, maxBelow)
	if err != nil {
		return Thread{}, err
	}
	ids := append(slices.Concat(above, below), p.ID)
	entries, err := r.Entries(me, ids)
	if err != nil {
		return Thread{}, err
	}
	relations, err := relationsTo(r, me, authorsOf(entries))
	if err != nil {
		return Thread{}, err
	}
	from, err := load(r, me, entries)
	if err != nil {
		return Thread{}, err
	}
	seen := map[int64]bool{}
	for _, e := range entries {
		seen[e.PostID] = true
	}
	list := func(ids []int64) (views []ViewPost) {
		for _, id := range ids {
			v, ok := u.whole(me, id, from)
			hushed := ok && relations[from.posts[id].ActorID] != nil && (relations[from.posts[id].ActorID].Muting || relations[from.posts[id].ActorID].Blocking)
			if ok && seen[id] && !hushed {
				views = append(views, v)
			}
		}
		return views
	}
	focus, ok := u.whole(me, p.ID, from)
	if !ok {
		return Thread{}, errNotFound
	}
	focus.Focused = true
	return Thread{Above: list(above), Post: focus, Below: list(below)}, nil
}

func authorsOf(entries []store.Entry) []int64 {
	var ids []int64
	for _, e := range entries {
		ids = append(ids, e.ActorID)
	}
	return store.Unique(ids)
}
