package mastodon

import (
	"encoding/json"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// collection is the entity Collection. Collections stay on the node where they
// are made. https://docs.joinmastodon.org/entities/Collection/
type collection struct {
	ID           string           `json:"id"`
	AccountID    string           `json:"account_id"`
	URI          string           `json:"uri"`
	URL          string           `json:"url"`
	Name         string           `json:"name"`
	Description  string           `json:"description"` // HTML
	Language     *string          `json:"language"`
	Local        bool             `json:"local"`
	Sensitive    bool             `json:"sensitive"`
	Discoverable bool             `json:"discoverable"`
	Tag          *shallowTag      `json:"tag"`
	ItemCount    int              `json:"item_count"`
	Items        []collectionItem `json:"items"`
	CreatedAt    string           `json:"created_at"`
	UpdatedAt    string           `json:"updated_at"`
}

type collectionItem struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	State     string `json:"state"`
	CreatedAt string `json:"created_at"`
}

func collectionItemOf(i *store.CollectionItem) collectionItem {
	return collectionItem{ID: id(i.ID), AccountID: id(i.ActorID), State: i.State, CreatedAt: moment(i.CreatedAt)}
}

// inHTML are words as they stand in HTML.
var inHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (a *API) collection(c *store.Collection, items []*store.CollectionItem) collection {
	url := a.URL + "/collections/" + id(c.ID)
	e := collection{
		ID: id(c.ID), AccountID: id(c.ActorID), URI: url, URL: url, Name: c.Name, Description: inHTML.Replace(c.Description), Language: optional(c.Language),
		Local: true, Sensitive: c.Sensitive, Discoverable: c.Discoverable, ItemCount: len(items), Items: each(items, collectionItemOf),
		CreatedAt: moment(c.CreatedAt), UpdatedAt: moment(c.UpdatedAt),
	}
	if c.Tag != "" {
		e.Tag = &a.tags([]string{c.Tag})[0]
	}
	return e
}

// collections are the entities of some, with who is in them for the viewer.
func (a *API) collections(r store.Reader, viewer int64, rows []*store.Collection) ([]collection, error) {
	items, err := r.CollectionItems(viewer, each(rows, func(c *store.Collection) int64 { return c.ID }))
	return each(rows, func(c *store.Collection) collection { return a.collection(c, items[c.ID]) }), err
}

// Collection answers with one, and all accounts that have to do with it.
func (a *API) Collection(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	r, me := a.reader(c), viewer(c)
	row, err := r.Collection(me, id)
	if err != nil {
		return err
	}
	items, err := r.CollectionItems(me, []int64{id})
	if err != nil {
		return err
	}
	people := []int64{row.ActorID}
	for _, i := range items[id] {
		if i.ActorID != row.ActorID {
			people = append(people, i.ActorID)
		}
	}
	accounts, err := a.accounts(r, me, people)
	if err != nil {
		return err
	}
	return answer(c, struct {
		Accounts   []json.RawMessage `json:"accounts"`
		Collection collection        `json:"collection"`
	}{accounts, a.collection(row, items[id])})
}

// Collections answers with those of the account in the path.
func (a *API) Collections(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	return a.collectionPage(c, func(r store.Reader, limit, offset int) ([]*store.Collection, error) {
		return r.Collections(viewer(c), actor.ID, limit, offset)
	})
}

// InCollections answers with those that the viewer is in. Who else is in which
// is nobody's to ask.
func (a *API) InCollections(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	if actor.ID != viewer(c) {
		return fault.New(fault.Forbidden, "This action is not allowed")
	}
	return a.collectionPage(c, func(r store.Reader, limit, offset int) ([]*store.Collection, error) {
		return r.CollectionsWith(actor.ID, limit, offset)
	})
}

func (a *API) collectionPage(c *gin.Context, query func(r store.Reader, limit, offset int) ([]*store.Collection, error)) error {
	part := portionOf(c, accountLimits)
	rows, err := query(a.reader(c), part.limit+1, part.offset)
	if err != nil {
		return err
	}
	all, err := a.collections(a.reader(c), viewer(c), leaf(a, c, part, rows))
	if err != nil {
		return err
	}
	return answer(c, map[string][]collection{"collections": all})
}

// rewrite writes what a request says into a collection.
func rewrite(c *store.Collection, p *params) {
	override(&c.Name, p, "name")
	override(&c.Description, p, "description")
	override(&c.Language, p, "language")
	override(&c.Tag, p, "tag_name")
	if sensitive := p.maybe("sensitive"); sensitive != nil {
		c.Sensitive = *sensitive
	}
	if discoverable := p.maybe("discoverable"); discoverable != nil {
		c.Discoverable = *discoverable
	}
}

// CreateCollection makes one, with some accounts in it.
func (a *API) CreateCollection(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	row := &store.Collection{Discoverable: true}
	rewrite(row, p)
	if err := a.Outbox.CreateCollection(contextOf(c), viewer(c), row, store.Unique(p.ids("account_ids"))); err != nil {
		return err
	}
	return a.showCollection(c, row)
}

// UpdateCollection changes one of the viewer's. What is not named stays.
func (a *API) UpdateCollection(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	row, err := a.Outbox.ChangeCollection(contextOf(c), viewer(c), id, func(row *store.Collection) { rewrite(row, p) })
	if err != nil {
		return err
	}
	return a.showCollection(c, row)
}

func (a *API) showCollection(c *gin.Context, row *store.Collection) error {
	all, err := a.collections(a.reader(c), viewer(c), []*store.Collection{row})
	if err != nil {
		return err
	}
	return answer(c, map[string]collection{"collection": all[0]})
}

// DeleteCollection removes one of the viewer's.
func (a *API) DeleteCollection(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.DeleteCollection(contextOf(c), viewer(c), id); err != nil {
		return err
	}
	return done(c)
}

// AddToCollection puts an account into one of the viewer's.
func (a *API) AddToCollection(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	if p.text("account_id") == "" {
		return fault.New(fault.Invalid, "`account_id` parameter is missing")
	}
	i, err := a.Outbox.AddToCollection(contextOf(c), viewer(c), id, p.id("account_id"))
	if err != nil {
		return err
	}
	return answer(c, map[string]collectionItem{"collection_item": collectionItemOf(i)})
}

// TakeFromCollection takes an item out of one of the viewer's.
func (a *API) TakeFromCollection(c *gin.Context) error {
	return a.item(c, func(id, item int64) error { return a.Outbox.TakeFromCollection(contextOf(c), viewer(c), id, item) })
}

// LeaveCollection takes the viewer out of somebody's.
func (a *API) LeaveCollection(c *gin.Context) error {
	return a.item(c, func(id, item int64) error { return a.Outbox.LeaveCollection(contextOf(c), viewer(c), id, item) })
}

func (a *API) item(c *gin.Context, act func(id, item int64) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	item := number(c.Param("item"))
	if item == 0 {
		return errNotFound
	}
	if err := act(id, item); err != nil {
		return err
	}
	return done(c)
}

// collectionLimits are the bounds, for the instance document.
func collectionLimits() map[string]int {
	return map[string]int{
		"max_collections": outbox.MaxCollections, "max_accounts": outbox.MaxCollectionItems,
		"max_name_length": outbox.MaxCollectionName, "max_description_length": outbox.MaxCollectionDescription,
	}
}
