package mastodon

import (
	"context"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// original is the post in the path, or what it boosts: that is what people
// favourite, boost and keep.
func (a *API) original(c *gin.Context) (store.Entry, error) {
	id, err := pathID(c)
	if err != nil {
		return store.Entry{}, err
	}
	e, err := a.entry(a.reader(c), viewer(c), id)
	if err != nil || e.BoostOfID == 0 {
		return e, err
	}
	return a.entry(a.reader(c), viewer(c), e.BoostOfID)
}

// act does something with the original of the post in the path and answers
// with the post as it is then.
func (a *API) act(c *gin.Context, do func(ctx context.Context, actor, id int64) error) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	if err := do(contextOf(c), viewer(c), e.PostID); err != nil {
		return err
	}
	return a.show(c, e.PostID)
}

// Favourite favourites a post.
func (a *API) Favourite(c *gin.Context) error { return a.act(c, a.Outbox.Favourite) }

// Unfavourite ends that.
func (a *API) Unfavourite(c *gin.Context) error { return a.act(c, a.Outbox.Unfavourite) }

// Bookmark keeps a post.
func (a *API) Bookmark(c *gin.Context) error { return a.act(c, a.Outbox.Bookmark) }

// Unbookmark lets go of it.
func (a *API) Unbookmark(c *gin.Context) error { return a.act(c, a.Outbox.Unbookmark) }

// Pin shows a post on the viewer's profile.
func (a *API) Pin(c *gin.Context) error { return a.act(c, a.Outbox.Pin) }

// Unpin ends that.
func (a *API) Unpin(c *gin.Context) error { return a.act(c, a.Outbox.Unpin) }

// Unboost takes a boost back.
func (a *API) Unboost(c *gin.Context) error { return a.act(c, a.Outbox.Unboost) }

// Boost boosts a post and answers with the boost.
func (a *API) Boost(c *gin.Context) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	boost, err := a.Outbox.Boost(contextOf(c), viewer(c), e.PostID, store.Visibility(p.text("visibility")))
	if err != nil {
		return err
	}
	return a.show(c, boost.ID)
}

// MuteThread has the viewer hear nothing more of the thread of a post.
func (a *API) MuteThread(c *gin.Context) error { return a.act(c, a.Outbox.MuteThread) }

// UnmuteThread ends that.
func (a *API) UnmuteThread(c *gin.Context) error { return a.act(c, a.Outbox.UnmuteThread) }

// FavouritedBy answers with who favourited a post.
func (a *API) FavouritedBy(c *gin.Context) error { return a.by(c, store.Reader.FavouritedBy) }

// BoostedBy answers with who boosted a post.
func (a *API) BoostedBy(c *gin.Context) error { return a.by(c, store.Reader.BoostedBy) }

func (a *API) by(c *gin.Context, query func(store.Reader, int64, store.Page) ([]store.Listed, error)) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	page := pageOf(c, accountLimits)
	listed, err := query(a.reader(c), e.PostID, page)
	return a.accountPage(c, page, listed, err)
}
