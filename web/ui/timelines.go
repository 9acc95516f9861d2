package ui

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/internal/store"
	"parley/internal/text"
)

// Home is the reader's timeline, or for a stranger the front page.
func (u *UI) Home(c *gin.Context) error {
	me := viewer(c)
	if me == 0 {
		return u.welcome(c)
	}
	entries, err := u.reader(c).HomeTimeline(me, pageOf(c))
	if err != nil {
		return err
	}
	composer, err := u.composer(c, nil)
	if err != nil {
		return err
	}
	composer.Compact = true
	news, err := u.reader(c).Announcements(viewer(c), false)
	if err != nil {
		return err
	}
	return u.timeline(c, entries, "home", "home", Timeline{
		Heading: "Home", Composer: composer, Announcements: u.viewAnnouncements(news),
		Empty: "Nothing here yet. Find colleagues to follow, or look at what is new on this node.",
	})
}

func (u *UI) welcome(c *gin.Context) error {
	r := u.reader(c)
	entries, err := r.PublicTimeline(0, pageOf(c), true, false, false)
	if err != nil {
		return err
	}
	posts, err := u.posts(r, 0, entries)
	if err != nil {
		return err
	}
	usage, err := r.Usage()
	if err != nil {
		return err
	}
	texts, err := r.NodeTexts()
	if err != nil {
		return err
	}
	return u.show(c, "welcome", "Welcome", "", Welcome{Description: texts[about.Description].Source, People: usage.Users, Posts: posts})
}

// Local is what is new on this node.
func (u *UI) Local(c *gin.Context) error {
	entries, err := u.reader(c).PublicTimeline(viewer(c), pageOf(c), true, false, false)
	if err != nil {
		return err
	}
	return u.timeline(c, entries, "local", "local", Timeline{
		Heading: "This node", Lead: "Everything public that people here write.", Empty: "Nobody has written anything in public yet.",
	})
}

// Bookmarks are what the reader kept.
func (u *UI) Bookmarks(c *gin.Context) error {
	entries, err := u.reader(c).Bookmarks(viewer(c), pageOf(c))
	if err != nil {
		return err
	}
	return u.timeline(c, entries, "bookmarks", "", Timeline{
		Heading: "Bookmarks", Lead: "Only you see what you keep here.", Empty: "Keep a post with the ribbon below it.",
	})
}

// Tag is what was written under a hashtag.
func (u *UI) Tag(c *gin.Context) error {
	tag := text.TagName(c.Param("tag"))
	if tag == "" {
		return errNotFound
	}
	me := viewer(c)
	entries, err := u.reader(c).TagTimeline(me, pageOf(c), store.TagQuery{Any: []string{tag}, Local: me == 0})
	if err != nil {
		return err
	}
	return u.timeline(c, entries, "", "tag:"+url.QueryEscape(tag), Timeline{Heading: "#" + tag, Empty: "Nobody has used this tag yet."})
}

// timeline shows a list of posts. Links to the next page, where the list goes
// on, belong to the last entry, shown or not.
func (u *UI) timeline(c *gin.Context, entries []store.Entry, active, live string, t Timeline) error {
	var err error
	if t.Posts, err = u.posts(u.reader(c), viewer(c), entries); err != nil {
		return err
	}
	if n := len(entries); n > 0 {
		t.Older = older(c, n == perPage, entries[n-1].Key)
	}
	if c.Query("max_id") != "" {
		t.Composer, live = nil, ""
	}
	t.Empty = nothing(c, t.Empty)
	return u.show(c, "home", t.Heading, active, t, stream(live))
}
