package ui

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/text"
)

// Search finds people by name or handle, tags, posts by their words, and whatever
// is at an address. Somebody on another server is asked for there.
func (u *UI) Search(c *gin.Context) error {
	body := Search{Query: strings.TrimSpace(c.Query("q"))}
	if len(body.Query) > 500 {
		return fault.New(fault.Invalid, "This is too long to search for.")
	}
	var err error
	switch body.Done = body.Query != ""; {
	case !body.Done:
	case strings.HasPrefix(body.Query, "https://"), strings.HasPrefix(body.Query, "http://"):
		err = u.at(c, &body)
	default:
		err = u.find(c, &body)
	}
	if err != nil {
		return err
	}
	return u.show(c, "search", "Search", "search", body)
}

// at finds the post or the person at an address.
func (u *UI) at(c *gin.Context, body *Search) error {
	r, me := u.reader(c), viewer(c)
	p, a, err := u.Inbox.Resolve(c.Request.Context(), body.Query)
	switch {
	case err != nil && fault.Of(err) != fault.Internal: // nobody there, or nobody we talk to
		return nil
	case err != nil:
		return err
	case a != nil:
		body.Accounts, err = u.accounts(r, me, []int64{a.ID})
		return err
	case p == nil:
		return nil
	}
	entries, err := r.Entries(me, []int64{p.ID})
	if err == nil {
		body.Posts, err = u.posts(r, me, entries)
	}
	return err
}

// find searches by words and operators: posts always, people and tags where it
// may be a name, once and not on every page.
func (u *UI) find(c *gin.Context, body *Search) error {
	q := search.Parse(body.Query)
	if c.Query("max_id") == "" && q.Plain == body.Query {
		if err := u.findPeople(c, body); err != nil {
			return err
		}
	}
	return u.findPosts(c, body, q)
}

// findPeople finds people and tags: who has exactly the handle comes first.
func (u *UI) findPeople(c *gin.Context, body *Search) error {
	r, me, query := u.reader(c), viewer(c), body.Query
	if tag := text.TagName(query); tag != "" {
		body.Tags = []string{tag}
		if strings.HasPrefix(query, "#") {
			return u.listPeople(c, body)(r.TagPeople(me, tag, perPage, 0))
		}
	}
	exact, err := u.exact(c, query)
	if err != nil {
		return err
	}
	found, err := r.SearchActors(me, search.People(strings.TrimPrefix(query, "acct:"), u.ours), perPage, 0)
	if exact != nil {
		found = append([]*store.Actor{exact}, slices.DeleteFunc(found, func(a *store.Actor) bool { return a.ID == exact.ID })...)
	}
	return u.listPeople(c, body)(found, err)
}

func (u *UI) listPeople(c *gin.Context, body *Search) func([]*store.Actor, error) error {
	return func(found []*store.Actor, err error) error {
		if err != nil {
			return err
		}
		var ids []int64
		for _, a := range found {
			ids = append(ids, a.ID)
		}
		body.Accounts, err = u.accounts(u.reader(c), viewer(c), ids)
		return err
	}
}

// findPosts finds a page of posts.
func (u *UI) findPosts(c *gin.Context, body *Search, q search.Query) error {
	if q.Empty() {
		return nil
	}
	r, me := u.reader(c), viewer(c)
	if err := q.Authors(me, func(said string) (*store.Actor, error) {
		h, _ := u.handle(said)
		return r.ActorByHandle(h.Username, h.Host)
	}); err != nil {
		return err
	}
	entries, err := r.SearchPosts(me, pageOf(c), 0, q.PostQuery)
	if err != nil {
		return err
	}
	if n := len(entries); n > 0 {
		body.Older = older(c, n == perPage, entries[n-1].Key)
	}
	body.Posts, err = u.posts(r, me, entries)
	return err
}

// exact is who has the handle, asked for at their server if need be.
func (u *UI) exact(c *gin.Context, query string) (*store.Actor, error) {
	h, ok := u.handle(strings.TrimPrefix(query, "acct:"))
	if !ok {
		return nil, nil
	}
	a, err := u.Actors.Resolve(c.Request.Context(), h.String())
	if err != nil && fault.Of(err) != fault.Internal {
		return nil, nil
	}
	return a, err
}
