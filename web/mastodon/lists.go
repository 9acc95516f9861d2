package mastodon

import (
	"context"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// list is the entity List. https://docs.joinmastodon.org/entities/List/
type list struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy"`
	Exclusive     bool   `json:"exclusive"`
}

func listOf(l *store.List) list {
	return list{ID: id(l.ID), Title: l.Title, RepliesPolicy: l.RepliesPolicy, Exclusive: l.Exclusive}
}

// listRow is the viewer's list whose id is in the path.
func (a *API) listRow(c *gin.Context) (*store.List, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	return a.reader(c).List(viewer(c), id)
}

// Lists answers with the viewer's lists.
func (a *API) Lists(c *gin.Context) error {
	all, err := a.reader(c).Lists(viewer(c))
	if err != nil {
		return err
	}
	return answer(c, each(all, listOf))
}

// AccountLists answers with those of them that the account in the path is in.
func (a *API) AccountLists(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	all, err := a.reader(c).ListsOf(viewer(c), actor.ID)
	if err != nil {
		return err
	}
	return answer(c, each(all, listOf))
}

// List answers with one list.
func (a *API) List(c *gin.Context) error {
	l, err := a.listRow(c)
	if err != nil {
		return err
	}
	return answer(c, listOf(l))
}

// CreateList makes a list.
func (a *API) CreateList(c *gin.Context) error { return a.saveList(c, 0) }

// UpdateList changes one. What is not named stays.
func (a *API) UpdateList(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return a.saveList(c, id)
}

func (a *API) saveList(c *gin.Context, id int64) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	l, err := a.Outbox.ChangeList(contextOf(c), viewer(c), id, func(l *store.List) {
		override(&l.Title, p, "title")
		override(&l.RepliesPolicy, p, "replies_policy")
		if exclusive := p.maybe("exclusive"); exclusive != nil {
			l.Exclusive = *exclusive
		}
	})
	if err != nil {
		return err
	}
	return answer(c, listOf(l))
}

// DeleteList removes a list.
func (a *API) DeleteList(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.DeleteList(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}

// ListAccounts answers with who is in a list.
func (a *API) ListAccounts(c *gin.Context) error {
	l, err := a.listRow(c)
	if err != nil {
		return err
	}
	page := pageOf(c, accountLimits)
	if c.Query("limit") == "0" {
		page.Limit = maxListed // Mastodon's way of asking for all
	}
	listed, err := a.reader(c).ListMembers(l.ID, page)
	return a.accountPage(c, page, listed, err)
}

// maxListed is how many accounts are given at once to who asks for all.
const maxListed = 1000

// AddToList puts accounts into a list.
func (a *API) AddToList(c *gin.Context) error { return a.members(c, a.Outbox.AddToList) }

// TakeFromList takes them out.
func (a *API) TakeFromList(c *gin.Context) error { return a.members(c, a.Outbox.TakeFromList) }

func (a *API) members(c *gin.Context, act func(ctx context.Context, actor, list int64, people []int64) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := act(contextOf(c), viewer(c), id, p.ids("account_ids")); err != nil {
		return err
	}
	return done(c)
}

// ListTimeline answers with what those in a list wrote.
func (a *API) ListTimeline(c *gin.Context) error {
	l, err := a.listRow(c)
	if err != nil {
		return err
	}
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).ListTimeline(viewer(c), l.ID, page)
	return a.statuses(c, store.InHome, page, entries, err)
}
