package mastodon

import (
	"context"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
	"parley/internal/text"
)

// tag is the entity Tag. https://docs.joinmastodon.org/entities/Tag/
type tag struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	URL       string   `json:"url"`
	History   []tagDay `json:"history"`
	Following bool     `json:"following"`
	Featuring bool     `json:"featuring"`
}

// tagDay is the entity TagHistory: its numbers are texts.
type tagDay struct {
	Day      string `json:"day"` // in seconds
	Uses     string `json:"uses"`
	Accounts string `json:"accounts"`
}

// historyDays is how many days are told of a hashtag.
const historyDays = 7

// hashtags are the entities of the hashtags with the names.
func (a *API) hashtags(r store.Reader, viewer int64, names []string) ([]tag, error) {
	followed, featured, err := r.TagMarks(viewer, names)
	if err != nil {
		return nil, err
	}
	today := store.Today()
	used, err := r.TagHistory(names, today-historyDays+1)
	if err != nil {
		return nil, err
	}
	return each(names, func(name string) tag {
		return tag{ID: name, Name: name, URL: a.tagURL(name), History: history(used[name], today), Following: followed[name], Featuring: featured[name]}
	}), nil
}

// history is the last days, today first, those without a use too.
func history(used []store.TagDay, today int64) []tagDay {
	on := map[int64]store.TagDay{}
	for _, d := range used {
		on[d.Day] = d
	}
	days := make([]tagDay, historyDays)
	for i := range days {
		day := today - int64(i)
		days[i] = tagDay{strconv.FormatInt(day*24*3600, 10), id(on[day].Uses), id(on[day].Accounts)}
	}
	return days
}

// Hashtag answers with the hashtag in the path.
func (a *API) Hashtag(c *gin.Context) error {
	name := text.TagName(c.Param("name"))
	if name == "" {
		return errNotFound
	}
	return a.showTag(c, name)
}

func (a *API) showTag(c *gin.Context, name string) error {
	all, err := a.hashtags(a.reader(c), viewer(c), []string{name})
	if err != nil {
		return err
	}
	return answer(c, all[0])
}

// FollowTag has the posts with the hashtag in the path come to the viewer's
// home.
func (a *API) FollowTag(c *gin.Context) error { return a.toTag(c, a.Outbox.FollowTag) }

// UnfollowTag ends that.
func (a *API) UnfollowTag(c *gin.Context) error { return a.toTag(c, a.Outbox.UnfollowTag) }

func (a *API) toTag(c *gin.Context, act func(ctx context.Context, actor int64, tag string) error) error {
	name := text.TagName(c.Param("name"))
	if name == "" {
		return errNotFound
	}
	if err := act(contextOf(c), viewer(c), name); err != nil {
		return err
	}
	return a.showTag(c, name)
}

// tagLimits are those of followed hashtags: clients ask for all of them.
var tagLimits = limits{100, 200}

// FollowedTags answers with the hashtags that the viewer follows.
func (a *API) FollowedTags(c *gin.Context) error {
	page := pageOf(c, tagLimits)
	rows, err := a.reader(c).FollowedTags(viewer(c), page)
	if err != nil {
		return err
	}
	names := each(rows, func(t store.FollowedTag) string { return t.Tag })
	all, err := a.hashtags(a.reader(c), viewer(c), names)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, all)
}
