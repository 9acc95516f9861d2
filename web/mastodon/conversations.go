package mastodon

import (
	"encoding/json"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// conversation is the entity Conversation.
type conversation struct {
	ID         string            `json:"id"`
	Unread     bool              `json:"unread"`
	Accounts   []json.RawMessage `json:"accounts"`
	LastStatus json.RawMessage   `json:"last_status"`
}

// Conversations answers with the viewer's conversations, by their last posts.
func (a *API) Conversations(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	rows, err := a.reader(c).Conversations(viewer(c), page)
	if err != nil {
		return err
	}
	all, err := a.conversations(a.reader(c), viewer(c), rows)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].LastPostID, rows[n-1].LastPostID)
	}
	return answer(c, all)
}

// conversations makes the entities. One whose last post the viewer may not see
// any more is left out.
func (a *API) conversations(r store.Reader, viewer int64, rows []*store.Conversation) ([]conversation, error) {
	people := []int64{viewer}
	posts := make([]int64, len(rows))
	for i, row := range rows {
		posts[i] = row.LastPostID
		people = append(people, row.Others()...)
	}
	entries, err := r.Entries(viewer, posts)
	if err != nil {
		return nil, err
	}
	s, err := a.sheet(r, viewer, entries)
	if err != nil {
		return nil, err
	}
	actors, err := r.Actors(store.Unique(people))
	if err != nil {
		return nil, err
	}
	accounts, err := a.rendered(r, viewer, actors)
	if err != nil {
		return nil, err
	}
	last := map[int64]store.Entry{}
	for _, e := range entries {
		last[e.PostID] = e
	}
	out := make([]conversation, 0, len(rows))
	for _, row := range rows {
		e, seen := last[row.LastPostID]
		if !seen || !s.whole(e) {
			continue
		}
		talk := conversation{ID: id(row.ID), Unread: row.Unread, Accounts: []json.RawMessage{}, LastStatus: s.appendStatus(nil, e)}
		others := row.Others()
		if len(others) == 0 {
			others = []int64{viewer} // a talk with oneself
		}
		for _, other := range others {
			if accounts[other] != nil {
				talk.Accounts = append(talk.Accounts, accounts[other])
			}
		}
		out = append(out, talk)
	}
	return out, nil
}

// ReadConversation marks a conversation as read.
func (a *API) ReadConversation(c *gin.Context) error { return a.markConversation(c, false) }

// UnreadConversation marks it as not read.
func (a *API) UnreadConversation(c *gin.Context) error { return a.markConversation(c, true) }

func (a *API) markConversation(c *gin.Context, unread bool) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.ReadConversation(contextOf(c), viewer(c), id, unread); err != nil {
		return err
	}
	row, err := a.reader(c).Conversation(viewer(c), id)
	if err != nil {
		return err
	}
	all, err := a.conversations(a.reader(c), viewer(c), []*store.Conversation{row})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errNotFound
	}
	return answer(c, all[0])
}

// DeleteConversation removes a conversation from the viewer's list.
func (a *API) DeleteConversation(c *gin.Context) error {
	row, err := pathID(c)
	if err != nil {
		return err
	}
	if _, err := a.reader(c).Conversation(viewer(c), row); err != nil {
		return err
	}
	if err := a.Outbox.DeleteConversation(contextOf(c), viewer(c), row); err != nil {
		return err
	}
	return done(c)
}
