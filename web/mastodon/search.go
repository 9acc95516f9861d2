package mastodon

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/text"
)

// found is the entity Search. https://docs.joinmastodon.org/entities/Search/
type found struct {
	Accounts    []json.RawMessage `json:"accounts"`
	Statuses    json.RawMessage   `json:"statuses"`
	Hashtags    []tag             `json:"hashtags"`
	Collections []collection      `json:"collections"`
}

// Search finds accounts, posts and hashtags: by handle, by the address of a
// page, by name, by words and operators. https://docs.joinmastodon.org/methods/search/
func (a *API) Search(c *gin.Context) error {
	f, err := a.search(c)
	if err != nil {
		return err
	}
	return answer(c, f)
}

// SearchV1 is Search as it was: its hashtags are mere names.
func (a *API) SearchV1(c *gin.Context) error {
	f, err := a.search(c)
	if err != nil {
		return err
	}
	return answer(c, struct {
		Accounts []json.RawMessage `json:"accounts"`
		Statuses json.RawMessage   `json:"statuses"`
		Hashtags []string          `json:"hashtags"`
	}{f.Accounts, f.Statuses, each(f.Hashtags, func(t tag) string { return t.Name })})
}

func (a *API) search(c *gin.Context) (f found, err error) {
	f = found{[]json.RawMessage{}, json.RawMessage("[]"), []tag{}, []collection{}}
	asked, kind := strings.TrimSpace(c.Query("q")), c.Query("type")
	wants := func(what string) bool { return asked != "" && (kind == "" || kind == what) }
	part := portionOf(c, statusLimits)
	if kind == "" { // it would skip some of each
		part.offset = 0
	}
	if number, ours := strings.CutPrefix(asked, a.URL+"/collections/"); ours && wants("collections") {
		f.Collections, err = a.findCollection(c, number)
		return f, err
	}
	if address(asked) {
		post, actor, err := a.at(c, asked)
		if post != nil && wants("statuses") {
			f.Statuses = slices.Concat([]byte("["), post, []byte("]"))
		}
		if actor != nil && wants("accounts") {
			f.Accounts = append(f.Accounts, actor)
		}
		return f, err
	}
	q := search.Parse(asked)
	words := q.Plain == asked // and no operator: those are for posts
	if wants("accounts") && words && (kind != "" || !strings.HasPrefix(asked, "#")) {
		if f.Accounts, err = a.findAccounts(c, asked, part); err != nil {
			return f, err
		}
	}
	if wants("statuses") && viewer(c) != 0 {
		if f.Statuses, err = a.findPosts(c, q, part); err != nil {
			return f, err
		}
	}
	if wants("hashtags") && words {
		f.Hashtags, err = a.findTags(c, asked, part)
	}
	return f, err
}

// findCollection is the one with the id at the end of an address.
func (a *API) findCollection(c *gin.Context, end string) ([]collection, error) {
	row, err := a.reader(c).Collection(viewer(c), number(end))
	if fault.Is(err, fault.NotFound) {
		return []collection{}, nil
	}
	if err != nil {
		return nil, err
	}
	return a.collections(a.reader(c), viewer(c), []*store.Collection{row})
}

func address(query string) bool {
	return strings.HasPrefix(query, "https://") || strings.HasPrefix(query, "http://")
}

// at is what is at an address, as far as the viewer may see it: known here, or
// with resolve fetched from where it is.
func (a *API) at(c *gin.Context, url string) (post, account json.RawMessage, err error) {
	r, me := a.reader(c), viewer(c)
	p, actor, err := a.known(r, url)
	if err == nil && p == nil && actor == nil && me != 0 && asks(c, "resolve") {
		p, actor, err = a.Inbox.Resolve(contextOf(c), url)
	}
	switch {
	case lost(err):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case p != nil:
		post, err = a.rendering(r, me, p.ID)
	case actor != nil && !actor.Absent():
		account, err = a.entity(r, me, actor)
	}
	if lost(err) {
		err = nil
	}
	return post, account, err
}

// lost reports whether an error means only that nothing was found: a server
// that does not answer or that we do not talk to has nothing for a search.
func lost(err error) bool { return err != nil && fault.Of(err) != fault.Internal }

// known is the post or the account at an address that is stored here.
func (a *API) known(r store.Reader, url string) (*store.Post, *store.Actor, error) {
	p, err := r.PostByURL(url)
	if err == nil {
		return p, nil, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, nil, err
	}
	var actor *store.Actor
	if name, ours := strings.CutPrefix(url, a.URL+"/@"); ours && !strings.Contains(name, "/") {
		actor, err = a.byHandle(r, name)
	} else {
		actor, err = r.ActorByURI(url)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return nil, actor, nil
}

// findAccounts searches accounts: the one with exactly that handle first, or
// those who have to do with a hashtag.
func (a *API) findAccounts(c *gin.Context, asked string, part portion) ([]json.RawMessage, error) {
	r, me := a.reader(c), viewer(c)
	if asked = strings.TrimSpace(strings.TrimPrefix(asked, "acct:")); asked == "" {
		return []json.RawMessage{}, nil
	}
	if name := text.TagName(asked); strings.HasPrefix(asked, "#") && name != "" {
		actors, err := r.TagPeople(me, name, part.limit, part.offset)
		return a.entities(r, me, actors, err)
	}
	following := me != 0 && asks(c, "following")
	question := search.People(asked, a.ours)
	question.Following = following
	actors, err := r.SearchActors(me, question, part.limit, part.offset)
	if err != nil || part.offset > 0 || following {
		return a.entities(r, me, actors, err)
	}
	exact, err := a.exact(c, r, asked)
	if exact != nil {
		actors = slices.DeleteFunc(actors, func(other *store.Actor) bool { return other.ID == exact.ID })
		actors = append([]*store.Actor{exact}, actors...)
	}
	return a.entities(r, me, actors[:min(len(actors), part.limit)], err)
}

// entities are those of actors that were found.
func (a *API) entities(r store.Reader, me int64, actors []*store.Actor, err error) ([]json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return a.accounts(r, me, each(actors, func(actor *store.Actor) int64 { return actor.ID }))
}

// exact is who has the handle, asked from their server if the viewer wants.
func (a *API) exact(c *gin.Context, r store.Reader, query string) (*store.Actor, error) {
	handle, ok := text.ParseHandle(query)
	if !ok {
		return nil, nil
	}
	actor, err := a.byHandle(r, query)
	if fault.Is(err, fault.NotFound) && handle.Host != "" && viewer(c) != 0 && asks(c, "resolve") {
		actor, err = a.Actors.Resolve(contextOf(c), query)
	}
	if lost(err) {
		return nil, nil
	}
	return actor, err
}

// findPosts searches the posts that the viewer may read.
func (a *API) findPosts(c *gin.Context, q search.Query, part portion) (json.RawMessage, error) {
	r, me := a.reader(c), viewer(c)
	if q.Empty() {
		return json.RawMessage("[]"), nil
	}
	err := q.Authors(me, func(handle string) (*store.Actor, error) { return a.byHandle(r, handle) })
	if err != nil {
		return nil, err
	}
	if c.Query("account_id") != "" {
		q.Of(number(c.Query("account_id")))
	}
	page := pageOf(c, statusLimits)
	entries, err := r.SearchPosts(me, page, part.offset, q.PostQuery)
	if err != nil {
		return nil, err
	}
	s, err := a.sheet(r, me, entries)
	if err != nil {
		return nil, err
	}
	return s.appendStatuses(nil, entries), nil
}

// findTags are the hashtags that begin like the query.
func (a *API) findTags(c *gin.Context, asked string, part portion) ([]tag, error) {
	name := text.TagName(asked)
	if name == "" {
		return []tag{}, nil
	}
	r := a.reader(c)
	names, err := r.TagsLike(name, part.limit, part.offset)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(asked, "#") && part.offset == 0 && !slices.Contains(names, name) {
		names = append([]string{name}, names...) // to be followed before it is used
	}
	return a.hashtags(r, viewer(c), names)
}
