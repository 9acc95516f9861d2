package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// anywhere is the context of lists that a person made: nothing in them is hidden.
const anywhere = ""

// Home answers with what those wrote whom the viewer follows.
func (a *API) Home(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).HomeTimeline(viewer(c), page)
	return a.statuses(c, store.InHome, page, entries, err)
}

// Direct answers with posts for few, one by one: conversations are newer.
func (a *API) Direct(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).DirectTimeline(viewer(c), page)
	return a.statuses(c, anywhere, page, entries, err)
}

// Public answers with what everybody may read.
func (a *API) Public(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).PublicTimeline(viewer(c), page, asks(c, "local"), asks(c, "remote"), asks(c, "only_media"))
	return a.statuses(c, store.InPublic, page, entries, err)
}

// Tag answers with the public posts under a hashtag.
func (a *API) Tag(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).TagTimeline(viewer(c), page, store.TagQuery{
		Any: append([]string{c.Param("hashtag")}, few(queries(c, "any"))...), All: few(queries(c, "all")), None: few(queries(c, "none")),
		Local: asks(c, "local"), Remote: asks(c, "remote"), OnlyMedia: asks(c, "only_media"),
	})
	return a.statuses(c, store.InPublic, page, entries, err)
}

// few bounds how many tags a timeline is put together from.
func few(tags []string) []string { return tags[:min(len(tags), 4)] }

// Favourites answers with what the viewer favourited.
func (a *API) Favourites(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).Favourites(viewer(c), page)
	return a.statuses(c, anywhere, page, entries, err)
}

// Bookmarks answers with what the viewer kept.
func (a *API) Bookmarks(c *gin.Context) error {
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).Bookmarks(viewer(c), page)
	return a.statuses(c, anywhere, page, entries, err)
}
