package ui

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Search finds people by name or handle, tags, and whatever is at an address.
// Somebody on another server is asked for there.
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
	return u.show(c, "search", "Find people", "search", body)
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

// find searches by words: who has exactly the handle comes first.
func (u *UI) find(c *gin.Context, body *Search) error {
	if tag := text.TagName(body.Query); tag != "" {
		body.Tags = []string{tag}
	}
	if strings.HasPrefix(body.Query, "#") {
		return nil
	}
	r, me := u.reader(c), viewer(c)
	found, err := r.SearchActors(me, body.Query, false, perPage, 0)
	if err != nil {
		return err
	}
	var ids []int64
	if a, err := u.exact(c, body.Query); err != nil {
		return err
	} else if a != nil {
		ids = append(ids, a.ID)
	}
	for _, a := range found {
		if !slices.Contains(ids, a.ID) {
			ids = append(ids, a.ID)
		}
	}
	body.Accounts, err = u.accounts(r, me, ids)
	return err
}

// exact is who has the handle, asked for at their server if need be.
func (u *UI) exact(c *gin.Context, query string) (*store.Actor, error) {
	h, ok := text.ParseHandle(strings.TrimPrefix(query, "acct:"))
	if !ok {
		return nil, nil
	}
	if u.ours(h.Host) {
		h.Host = ""
	}
	a, err := u.Actors.Resolve(c.Request.Context(), h.String())
	if err != nil && fault.Of(err) != fault.Internal {
		return nil, nil
	}
	return a, err
}
