package mastodon

import (
	"encoding/json"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// accounts are the entities of the actors with the ids, in their order.
func (a *API) accounts(r store.Reader, viewer int64, ids []int64) ([]json.RawMessage, error) {
	actors, err := r.Actors(ids)
	if err != nil {
		return nil, err
	}
	rendered, err := a.rendered(r, viewer, actors)
	if err != nil {
		return nil, err
	}
	all := make([]json.RawMessage, 0, len(ids))
	for _, id := range ids {
		if actor := actors[id]; actor != nil && !actor.Absent() {
			all = append(all, rendered[id])
		}
	}
	return all, nil
}

// rendered are the entities of actors as the viewer sees them, by id.
func (a *API) rendered(r store.Reader, viewer int64, actors map[int64]*store.Actor) (map[int64]json.RawMessage, error) {
	fragments := make(map[int64]*fragment, len(actors))
	missing := parts{actors: map[int64]*store.Actor{}}
	for id, actor := range actors {
		if f := a.Cache.fresh(cacheKey{true, id}, actor.Revision); f != nil {
			fragments[id] = f
		} else {
			missing.actors[id] = actor
		}
	}
	if err := a.around(r, &missing); err != nil {
		return nil, err
	}
	for id, actor := range missing.actors {
		fragments[id] = a.renderAccount(actor, missing)
	}
	follows, err := choosyFollowed(r, viewer, fragments)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]json.RawMessage, len(actors))
	for id, f := range fragments {
		all[id] = appendAccount(make([]byte, 0, len(f.json)+16), f, viewer, id, follows[id])
	}
	return all, nil
}

// entity is the entity of one actor.
func (a *API) entity(r store.Reader, viewer int64, actor *store.Actor) (json.RawMessage, error) {
	all, err := a.rendered(r, viewer, map[int64]*store.Actor{actor.ID: actor})
	return all[actor.ID], err
}

// actor is the actor whose id is in the path.
func (a *API) actor(c *gin.Context) (*store.Actor, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	actor, err := a.reader(c).Actor(id)
	if fault.Is(err, fault.NotFound) || err == nil && actor.Absent() {
		return nil, errNotFound
	}
	return actor, err
}

// Account answers with the account in the path.
func (a *API) Account(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	e, err := a.entity(a.reader(c), viewer(c), actor)
	if err != nil {
		return err
	}
	return answer(c, e)
}

// Accounts answers with several accounts at once.
func (a *API) Accounts(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	accounts, err := a.accounts(a.reader(c), viewer(c), p.ids("id"))
	if err != nil {
		return err
	}
	return answer(c, accounts)
}

// Lookup finds an account that is known here by its handle.
func (a *API) Lookup(c *gin.Context) error {
	actor, err := a.byHandle(a.reader(c), c.Query("acct"))
	if err != nil {
		return err
	}
	e, err := a.entity(a.reader(c), viewer(c), actor)
	if err != nil {
		return err
	}
	return answer(c, e)
}

// byHandle is the actor with a handle, without asking anybody else.
func (a *API) byHandle(r store.Reader, handle string) (*store.Actor, error) {
	name, domain, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(handle), "@"), "@")
	if a.ours(domain) {
		domain = ""
	}
	actor, err := r.ActorByHandle(name, domain)
	if fault.Is(err, fault.NotFound) || err == nil && actor.Absent() {
		return nil, errNotFound
	}
	return actor, err
}

// ours reports whether a domain in a handle means this node.
func (a *API) ours(domain string) bool {
	return strings.EqualFold(domain, a.Domain) || strings.EqualFold(domain, a.host())
}

// host is the host of the public URL.
func (a *API) host() string {
	_, host, _ := strings.Cut(a.URL, "://")
	return host
}

// SearchAccounts finds accounts for whoever types a mention.
func (a *API) SearchAccounts(c *gin.Context) error {
	found, err := a.findAccounts(c, c.Query("q"), portionOf(c, accountLimits))
	if err != nil {
		return err
	}
	return answer(c, found)
}

// AccountStatuses answers with what the account in the path posted.
func (a *API) AccountStatuses(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	if asks(c, "pinned") && viewer(c) != 0 {
		if err := a.Inbox.Look(c.Request.Context(), actor); err != nil {
			return err
		}
	}
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).AccountTimeline(viewer(c), actor.ID, page, store.AccountQuery{
		ExcludeReplies: asks(c, "exclude_replies"), ExcludeBoosts: asks(c, "exclude_reblogs"),
		ExcludeSensitive: asks(c, "exclude_sensitive"), OnlyMedia: asks(c, "only_media"), Pinned: asks(c, "pinned"), Tag: c.Query("tagged"),
	})
	return a.statuses(c, store.InAccount, page, entries, err)
}

// Followers answers with who follows the account in the path.
func (a *API) Followers(c *gin.Context) error { return a.circle(c, true, store.Reader.Followers) }

// Following answers with whom the account in the path follows.
func (a *API) Following(c *gin.Context) error { return a.circle(c, true, store.Reader.Following) }

// Endorsements answers with whom the account in the path recommends.
func (a *API) Endorsements(c *gin.Context) error {
	return a.circle(c, false, store.Reader.Endorsements)
}

// circle answers with a list of people around an account, unless the account is
// hidden, has blocked the viewer, or hides such lists where they are private.
func (a *API) circle(c *gin.Context, private bool, query func(store.Reader, int64, store.Page) ([]store.Listed, error)) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	if me := viewer(c); actor.ID != me {
		blocked, err := a.reader(c).HasBlocked(actor.ID, me)
		if err != nil {
			return err
		}
		if blocked || private && actor.HideCollections || actor.Hidden() {
			return answer(c, []struct{}{})
		}
	}
	page := pageOf(c, accountLimits)
	listed, err := query(a.reader(c), actor.ID, page)
	return a.accountPage(c, page, listed, err)
}
