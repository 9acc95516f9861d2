package ui

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// actor is whose handle stands in the path. A signed-in reader may name
// somebody we have not met: their server is asked.
func (u *UI) actor(c *gin.Context) (*store.Actor, error) {
	h, ok := u.handle(c.Param("name"))
	if !ok {
		return nil, errNotFound
	}
	a, err := u.reader(c).ActorByHandle(h.Username, h.Host)
	if fault.Is(err, fault.NotFound) && h.Host != "" && viewer(c) != 0 {
		a, err = u.Actors.Resolve(c.Request.Context(), h.String())
	}
	if err != nil {
		return nil, err
	}
	if a.Hidden() {
		return nil, errNotFound
	}
	return a, nil
}

// handle reads a handle, without its host if that is this node.
func (u *UI) handle(said string) (text.Handle, bool) {
	h, ok := text.ParseHandle(said)
	if u.ours(h.Host) {
		h.Host = ""
	}
	return h, ok
}

// ours reports whether a host in a handle means this node.
func (u *UI) ours(host string) bool {
	_, own, _ := strings.Cut(u.URL, "://")
	return strings.EqualFold(host, u.Domain) || strings.EqualFold(host, own)
}

// Profile is somebody's page.
func (u *UI) Profile(c *gin.Context) error {
	a, err := u.actor(c)
	if err != nil {
		return err
	}
	if elsewhere(c, a.Local(), a.URI, a.URL) {
		return nil
	}
	if c.Request.URL.Path != profileLink(a) { // renamed, or written another way
		c.Redirect(http.StatusFound, profileLink(a))
		return nil
	}
	body, err := u.profile(c, a)
	if err != nil {
		return err
	}
	return u.show(c, "profile", a.Name()+" (@"+a.Acct()+")", "", body, func(p *Page) {
		if a.Local() && a.Indexable {
			p.Description, p.Canonical = text.Excerpt(text.Plain(a.Note), 200), a.URL
		}
	})
}

func (u *UI) profile(c *gin.Context, a *store.Actor) (Profile, error) {
	r, me := u.reader(c), viewer(c)
	relations, err := relationsTo(r, me, []int64{a.ID})
	if err != nil {
		return Profile{}, err
	}
	if me != 0 {
		if err := u.Inbox.Look(c.Request.Context(), a); err != nil {
			return Profile{}, err
		}
	}
	body := Profile{Account: u.account(a), Tab: "posts"}
	body.Account.stands(me, relations[a.ID])
	if body.Account.Own, err = u.ownNode(r, a.Domain); err != nil {
		return body, err
	}
	if body.MovedTo, err = u.movedTo(r, a); err != nil {
		return body, err
	}
	if body.InPlace, err = u.inPlaceOf(r, a); err != nil {
		return body, err
	}
	if me != 0 {
		if body.RunBy, err = u.runBy(r, a); err != nil {
			return body, err
		}
	}
	if !a.HideFeatured {
		if body.Tags, err = tagsOf(r, a.ID); err != nil {
			return body, err
		}
	}
	q := store.AccountQuery{ExcludeReplies: true}
	switch tag := c.Query("tagged"); {
	case tag != "":
		body.Tab, q = "tagged", store.AccountQuery{Tag: tag, ExcludeBoosts: true}
	case c.Query("tab") == "replies":
		body.Tab, q = "replies", store.AccountQuery{}
	case c.Query("tab") == "media":
		body.Tab, q = "media", store.AccountQuery{OnlyMedia: true, ExcludeBoosts: true}
	}
	entries, err := r.AccountTimeline(me, a.ID, pageOf(c), q)
	if err != nil {
		return body, err
	}
	if body.Posts, err = u.posts(r, me, entries); err != nil {
		return body, err
	}
	if n := len(entries); n > 0 {
		body.Older = older(c, n == perPage, entries[n-1].Key)
	}
	if body.Tab == "posts" && c.Query("max_id") == "" {
		body.Pinned, err = u.pinned(r, me, a.ID)
	}
	return body, err
}

// tagsOf are the hashtags on somebody's profile.
func tagsOf(r store.Reader, actor int64) ([]string, error) {
	tags, err := r.FeaturedTags(actor)
	names := make([]string, 0, len(tags))
	for _, t := range tags {
		names = append(names, t.Name)
	}
	return names, err
}

// inPlaceOf is who answers for somebody who has left, nil where nobody does.
func (u *UI) inPlaceOf(r store.Reader, a *store.Actor) (*ViewAccount, error) {
	if !a.Succeeded() {
		return nil, nil
	}
	next, err := r.Actor(a.SuccessorID)
	if err != nil || !next.Reachable() {
		return nil, err
	}
	v := u.account(next)
	return &v, nil
}

// movedTo is where somebody went, nil for most.
func (u *UI) movedTo(r store.Reader, a *store.Actor) (*ViewAccount, error) {
	if !a.Moved() {
		return nil, nil
	}
	target, err := r.ActorByURI(a.MovedToURI)
	if fault.Is(err, fault.NotFound) || err == nil && target.Hidden() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := u.account(target)
	return &v, nil
}

func (u *UI) pinned(r store.Reader, me, actor int64) ([]ViewPost, error) {
	entries, err := r.AccountTimeline(me, actor, store.Page{Limit: perPage}, store.AccountQuery{Pinned: true})
	if err != nil {
		return nil, err
	}
	return u.posts(r, me, entries)
}

// ownNode reports whether a domain is another node of the organisation.
func (u *UI) ownNode(r store.Reader, domain string) (bool, error) {
	if domain == "" {
		return false, nil
	}
	partners, err := r.Partners()
	for _, p := range partners {
		suffix, wild := strings.CutPrefix(p.Domain, "*")
		if p.Organisation && (p.Domain == domain || wild && strings.HasSuffix(domain, suffix)) {
			return true, nil
		}
	}
	return false, err
}

// Followers are who hears somebody.
func (u *UI) Followers(c *gin.Context) error {
	return u.people(c, "Followers of ", "Nobody yet.", store.Reader.Followers)
}

// Following are whom somebody hears.
func (u *UI) Following(c *gin.Context) error {
	return u.people(c, "Followed by ", "Nobody yet.", store.Reader.Following)
}

func (u *UI) people(c *gin.Context, heading, empty string, list func(store.Reader, int64, store.Page) ([]store.Listed, error)) error {
	a, err := u.actor(c)
	if err != nil {
		return err
	}
	if a.HideCollections && a.ID != viewer(c) {
		return u.show(c, "people", heading+a.Name(), "", People{Heading: heading + a.Name(), Back: profileLink(a), Empty: a.Name() + " keeps this list private."})
	}
	listed, err := list(u.reader(c), a.ID, pageOf(c))
	if err != nil {
		return err
	}
	body := People{Heading: heading + a.Name(), Back: profileLink(a), Empty: nothing(c, empty)}
	return u.showPeople(c, listed, body)
}

func (u *UI) showPeople(c *gin.Context, listed []store.Listed, body People) error {
	ids := make([]int64, 0, len(listed))
	for _, l := range listed {
		ids = append(ids, l.ActorID)
		if l.Key != 0 { // else it is no page of a longer list
			body.Older = older(c, len(listed) == perPage, l.Key)
		}
	}
	var err error
	if body.Accounts, err = u.accounts(u.reader(c), viewer(c), ids); err != nil {
		return err
	}
	return u.show(c, "people", body.Heading, "", body)
}

// Requests are who asks to hear the reader.
func (u *UI) Requests(c *gin.Context) error {
	listed, err := u.reader(c).FollowRequests(viewer(c), pageOf(c))
	if err != nil {
		return err
	}
	return u.showPeople(c, listed, People{Heading: "Requests to follow you", Requests: true, Empty: nothing(c, "Nobody is waiting.")})
}
