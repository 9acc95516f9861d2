package mastodon

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Search finds accounts, posts and hashtags: by handle, by the address of a
// page, by name.
func (a *API) Search(c *gin.Context) error {
	query, kind := strings.TrimSpace(c.Query("q")), c.Query("type")
	wants := func(what string) bool { return query != "" && (kind == "" || kind == what) }
	found := struct {
		Accounts    []json.RawMessage `json:"accounts"`
		Statuses    []json.RawMessage `json:"statuses"`
		Hashtags    []tag             `json:"hashtags"`
		Collections []struct{}        `json:"collections"`
	}{[]json.RawMessage{}, []json.RawMessage{}, []tag{}, []struct{}{}}
	if address(query) {
		post, actor, err := a.at(c, query)
		if err != nil {
			return err
		}
		if post != nil && wants("statuses") {
			found.Statuses = append(found.Statuses, post)
		}
		if actor != nil && wants("accounts") {
			found.Accounts = append(found.Accounts, actor)
		}
		return answer(c, found)
	}
	if wants("accounts") && !strings.HasPrefix(query, "#") {
		var err error
		if found.Accounts, err = a.findAccounts(c, query, limits{20, 40}.of(c.Query("limit"))); err != nil {
			return err
		}
	}
	if wants("hashtags") && c.Query("offset") == "" {
		var err error
		if found.Hashtags, err = a.findTags(c, query); err != nil {
			return err
		}
	}
	return answer(c, found)
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

// findAccounts searches accounts: the one with exactly that handle first.
func (a *API) findAccounts(c *gin.Context, query string, limit int) ([]json.RawMessage, error) {
	r, me := a.reader(c), viewer(c)
	query = strings.TrimSpace(strings.TrimPrefix(query, "acct:"))
	if query == "" {
		return []json.RawMessage{}, nil
	}
	offset := int(min(number(c.Query("offset")), 10_000))
	actors, err := r.SearchActors(me, query, me != 0 && asks(c, "following"), limit, offset)
	if err != nil {
		return nil, err
	}
	if offset == 0 && !asks(c, "following") {
		exact, err := a.exact(c, r, query)
		if err != nil {
			return nil, err
		}
		if exact != nil {
			actors = slices.DeleteFunc(actors, func(other *store.Actor) bool { return other.ID == exact.ID })
			actors = append([]*store.Actor{exact}, actors...)
		}
	}
	var ids []int64
	for _, actor := range actors[:min(len(actors), limit)] {
		ids = append(ids, actor.ID)
	}
	return a.accounts(r, me, ids)
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

// findTags is the hashtag that the query names.
func (a *API) findTags(c *gin.Context, query string) ([]tag, error) {
	name := text.TagName(query)
	if name == "" {
		return []tag{}, nil
	}
	return a.hashtags(a.reader(c), viewer(c), []string{name})
}
