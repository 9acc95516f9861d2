package outbox

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/actors"
	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// post is the post of ours with the id in the path, if the caller may see it,
// and who calls.
func (o *Outbox) post(c *gin.Context) (p *store.Post, viewer int64, err error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return nil, 0, fault.New(fault.NotFound, "Record not found")
	}
	if viewer, err = o.Actors.Reader(c.Request); err != nil {
		return nil, 0, err
	}
	if p, err = o.DB.With(c.Request.Context()).VisiblePost(viewer, id); err != nil {
		return nil, 0, o.missing(c, id, err)
	}
	if !p.Local || p.Scope != store.World || p.HeldUntil != 0 {
		return nil, 0, fault.New(fault.NotFound, "Record not found")
	}
	return p, viewer, nil
}

// missing tells of a post that was public once that it is gone; of any other
// that there is none.
func (o *Outbox) missing(c *gin.Context, id int64, err error) error {
	p, lookup := o.DB.With(c.Request.Context()).Post(id)
	if lookup != nil || !p.Local || p.Scope != store.World || p.HeldUntil != 0 || p.Visibility != store.Public && p.Visibility != store.Unlisted {
		return err
	}
	gone := p.DeletedAt != 0
	if author, lookup := o.DB.With(c.Request.Context()).Actor(p.ActorID); lookup == nil {
		gone = gone || author.Lifecycle == store.Erased
	}
	if gone {
		return fault.New(fault.Gone, "Record not found")
	}
	return err
}

// ServePost answers /posts/:id: the note, or for a browser its page.
func (o *Outbox) ServePost(c *gin.Context) {
	p, _, err := o.post(c)
	if fault.Is(err, fault.Gone) {
		actors.Tombstone(c, o.URL+"/posts/"+c.Param("id"), "Note")
		return
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	r := o.DB.With(c.Request.Context())
	if p.BoostOfID != 0 {
		o.serveBoost(c, r, p)
		return
	}
	if !federation.Accepts(c.Request) {
		c.Header("Vary", "Accept")
		c.Redirect(http.StatusFound, p.URL)
		return
	}
	note, err := o.Note(r, p)
	if err != nil {
		_ = c.Error(err)
		return
	}
	note.Context = federation.Context
	actors.Answer(c, p.Visibility, note)
}

func (o *Outbox) serveBoost(c *gin.Context, r store.Reader, boost *store.Post) {
	p, err := r.Post(boost.BoostOfID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	me, author, err := pair(r, boost.ActorID, p.ActorID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	a := o.announce(me, boost, p, author)
	a.Context = federation.Context
	actors.Answer(c, boost.Visibility, a)
}

// ServeCreate answers /posts/:id/activity.
func (o *Outbox) ServeCreate(c *gin.Context) {
	p, _, err := o.post(c)
	if err == nil && p.BoostOfID != 0 {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	note, err := o.Note(o.DB.With(c.Request.Context()), p)
	if err != nil {
		_ = c.Error(err)
		return
	}
	create := createOf(note)
	create.Context = federation.Context
	actors.Answer(c, p.Visibility, create)
}

// ServeReplies answers /posts/:id/replies with the public ones.
func (o *Outbox) ServeReplies(c *gin.Context) {
	p, viewer, err := o.post(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	o.pages(c, p, federation.Collection{ID: p.URI + "/replies", Type: "Collection"}, func(r store.Reader, after int64) ([]*store.Post, error) {
		return r.Replies(viewer, p.ID, after, pageSize)
	})
}

// ServeThread answers /threads/:id with the public posts of the thread that a
// post of ours begins, FEP-7888.
func (o *Outbox) ServeThread(c *gin.Context) {
	p, viewer, err := o.post(c)
	if err == nil && (p.InReplyToURI != "" || p.BoostOfID != 0) {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	author, err := o.DB.With(c.Request.Context()).Actor(p.ActorID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	o.pages(c, p, federation.Collection{ID: o.threadURI(p.ID), Type: "OrderedCollection", AttributedTo: author.URI}, func(r store.Reader, after int64) ([]*store.Post, error) {
		return r.ThreadOf(viewer, p.ThreadID, after, pageSize)
	})
}

// pageSize is how many posts a page of a collection names.
const pageSize = 40

// pages answers with a collection of posts that hangs on p, or with the page of
// it that is asked for, oldest first.
func (o *Outbox) pages(c *gin.Context, p *store.Post, col federation.Collection, read func(r store.Reader, after int64) ([]*store.Post, error)) {
	uri := col.ID
	col.Context = federation.Context
	if c.Query("page") == "" {
		col.First = uri + "?page=true"
		actors.Answer(c, p.Visibility, col)
		return
	}
	after, _ := strconv.ParseInt(c.Query("min_id"), 10, 64)
	posts, err := read(o.DB.With(c.Request.Context()), after)
	if err != nil {
		_ = c.Error(err)
		return
	}
	col.ID, col.Type, col.PartOf = o.URL+c.Request.URL.RequestURI(), col.Type+"Page", uri
	for _, one := range posts {
		col.Items = append(col.Items, one.URI)
	}
	if len(posts) == pageSize {
		col.Next = uri + "?page=true&min_id=" + strconv.FormatInt(posts[len(posts)-1].ID, 10)
	}
	actors.Answer(c, p.Visibility, col)
}

// ServeLikes answers /posts/:id/likes with how many there are.
func (o *Outbox) ServeLikes(c *gin.Context) {
	o.count(c, likes)
}

// ServeShares answers /posts/:id/shares with how many boosts there are.
func (o *Outbox) ServeShares(c *gin.Context) {
	o.count(c, shares)
}

func (o *Outbox) count(c *gin.Context, of func(*store.Post) federation.Collection) {
	p, _, err := o.post(c)
	if err == nil && p.BoostOfID != 0 {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	col := of(p)
	col.Context = federation.Context
	actors.Answer(c, p.Visibility, col)
}

// ServeStamp answers /posts/:id/stamps/:stamp with the leave to quote.
func (o *Outbox) ServeStamp(c *gin.Context) {
	p, _, err := o.post(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	r := o.DB.With(c.Request.Context())
	id, _ := strconv.ParseInt(c.Param("stamp"), 10, 64)
	stamp, err := r.QuoteStamp(id)
	if err == nil && (stamp.RevokedAt != 0 || stamp.QuotedID != p.ID) {
		err = fault.New(fault.NotFound, "Record not found")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	author, err := r.Actor(p.ActorID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	actors.Answer(c, p.Visibility, federation.QuoteAuthorization{Context: federation.Context, ID: o.stampURI(stamp), Type: "QuoteAuthorization",
		AttributedTo: author.URI, InteractingObject: stamp.QuotingURI, InteractionTarget: p.URI})
}

// ServeSynchronization answers /actors/:id/followers_synchronization with the
// followers on the node that asks, to which it has to sign, FEP-8fcf.
func (o *Outbox) ServeSynchronization(c *gin.Context) {
	actor, reader, err := o.Actors.Visited(c)
	if err == nil && reader == 0 {
		err = fault.New(fault.Unauthorized, "Sign the request: each node is shown its own followers")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	r := o.DB.With(c.Request.Context())
	caller, err := r.Actor(reader)
	if err != nil {
		_ = c.Error(err)
		return
	}
	uris, err := r.RemoteFollowers(actor.ID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	list := federation.Collection{Context: federation.Context, ID: actor.URI + "/followers_synchronization", Type: "OrderedCollection"}
	for _, uri := range uris {
		if federation.SameOrigin(uri, caller.URI) {
			list.Items = append(list.Items, uri)
		}
	}
	total := len(list.Items)
	list.TotalItems = &total
	actors.Answer(c, store.Private, list)
}

// ServeOutbox answers /actors/:id/outbox with the public posts, [AP] 5.1.
func (o *Outbox) ServeOutbox(c *gin.Context) {
	actor, _, err := o.Actors.Visited(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	total := int(actor.StatusesCount)
	if c.Query("page") == "" {
		actors.Answer(c, store.Public, federation.Collection{Context: federation.Context, ID: actor.OutboxURI, Type: "OrderedCollection", TotalItems: &total,
			First: actor.OutboxURI + "?page=true", Last: actor.OutboxURI + "?page=true&min_id=1"})
		return
	}
	maxID, _ := strconv.ParseInt(c.Query("max_id"), 10, 64)
	minID, _ := strconv.ParseInt(c.Query("min_id"), 10, 64)
	r := o.DB.With(c.Request.Context())
	posts, err := r.Outbox(actor.ID, store.Page{Max: maxID, Min: minID, Limit: 20})
	if err != nil {
		_ = c.Error(err)
		return
	}
	page := federation.Collection{Context: federation.Context, ID: o.URL + c.Request.URL.RequestURI(), Type: "OrderedCollectionPage", PartOf: actor.OutboxURI}
	for _, p := range posts {
		item, err := o.activityOf(r, actor, p)
		if err != nil {
			_ = c.Error(err)
			return
		}
		page.Items = append(page.Items, item)
	}
	if len(posts) == 20 {
		page.Next = actor.OutboxURI + "?page=true&max_id=" + strconv.FormatInt(posts[len(posts)-1].ID, 10)
	}
	actors.Answer(c, store.Public, page)
}

func (o *Outbox) activityOf(r store.Reader, actor *store.Actor, p *store.Post) (federation.Activity, error) {
	if p.BoostOfID == 0 {
		note, err := o.Note(r, p)
		return createOf(note), err
	}
	original, err := r.Post(p.BoostOfID)
	if err != nil {
		return federation.Activity{}, err
	}
	author, err := r.Actor(original.ActorID)
	if err != nil {
		return federation.Activity{}, err
	}
	return o.announce(actor, p, original, author), nil
}

// ServeFeatured answers /actors/:id/featured with the pinned posts.
func (o *Outbox) ServeFeatured(c *gin.Context) {
	actor, _, err := o.Actors.Visited(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	r := o.DB.With(c.Request.Context())
	posts, err := r.Pinned(actor.ID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	total := len(posts)
	col := federation.Collection{Context: federation.Context, ID: actor.FeaturedURI, Type: "OrderedCollection", TotalItems: &total}
	for _, p := range posts {
		note, err := o.Note(r, p)
		if err != nil {
			_ = c.Error(err)
			return
		}
		col.Items = append(col.Items, note)
	}
	actors.Answer(c, store.Public, col)
}

// ServeFeaturedTags answers /actors/:id/featured_tags with the hashtags that the
// profile shows.
func (o *Outbox) ServeFeaturedTags(c *gin.Context) {
	actor, _, err := o.Actors.Visited(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	tags, err := o.DB.With(c.Request.Context()).FeaturedTags(actor.ID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	total := len(tags)
	col := federation.Collection{Context: federation.Context, ID: actor.FeaturedTagsURI, Type: "Collection", TotalItems: &total}
	for _, t := range tags {
		col.Items = append(col.Items, o.hashtag(t.Name))
	}
	actors.Answer(c, store.Public, col)
}
