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

// post is the post of ours with the id in the path, if the caller may see it.
func (o *Outbox) post(c *gin.Context) (*store.Post, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	viewer, err := o.Actors.Reader(c.Request)
	if err != nil {
		return nil, err
	}
	p, err := o.DB.With(c.Request.Context()).VisiblePost(viewer, id)
	if err != nil {
		return nil, o.missing(c, id, err)
	}
	if !p.Local || p.Scope != store.World || p.HeldUntil != 0 {
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	return p, nil
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
	p, err := o.post(c)
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
	document(c, p.Visibility, note)
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
	document(c, boost.Visibility, a)
}

// ServeCreate answers /posts/:id/activity.
func (o *Outbox) ServeCreate(c *gin.Context) {
	p, err := o.post(c)
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
	document(c, p.Visibility, create)
}

// ServeReplies answers /posts/:id/replies with the public ones.
func (o *Outbox) ServeReplies(c *gin.Context) {
	p, err := o.post(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	uri := p.URI + "/replies"
	if c.Query("page") == "" {
		document(c, p.Visibility, federation.Collection{Context: federation.Context, ID: uri, Type: "Collection", First: uri + "?page=true"})
		return
	}
	after, _ := strconv.ParseInt(c.Query("min_id"), 10, 64)
	replies, err := o.DB.With(c.Request.Context()).Replies(p.ID, after, 40)
	if err != nil {
		_ = c.Error(err)
		return
	}
	page := federation.Collection{Context: federation.Context, ID: o.URL + c.Request.URL.RequestURI(), Type: "CollectionPage", PartOf: uri}
	for _, reply := range replies {
		page.Items = append(page.Items, reply.URI)
	}
	if len(replies) == 40 {
		page.Next = uri + "?page=true&min_id=" + strconv.FormatInt(replies[len(replies)-1].ID, 10)
	}
	document(c, p.Visibility, page)
}

// ServeStamp answers /posts/:id/stamps/:stamp with the leave to quote.
func (o *Outbox) ServeStamp(c *gin.Context) {
	p, err := o.post(c)
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
	document(c, p.Visibility, federation.QuoteAuthorization{Context: federation.Context, ID: o.stampURI(stamp), Type: "QuoteAuthorization",
		AttributedTo: author.URI, InteractingObject: stamp.QuotingURI, InteractionTarget: p.URI})
}

// owner is one of ours by the id in the path.
func (o *Outbox) owner(c *gin.Context) (*store.Actor, error) {
	if _, err := o.Actors.Reader(c.Request); err != nil {
		return nil, err
	}
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	actor, err := o.DB.With(c.Request.Context()).Actor(id)
	switch {
	case err == nil && actor.Local() && actor.Lifecycle == store.Erased:
		return nil, fault.New(fault.Gone, "Record not found")
	case err != nil, !actor.Local(), actor.Hidden():
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	return actor, nil
}

// ServeSynchronization answers /actors/:id/followers_synchronization with the
// followers on the node that asks, to which it has to sign, FEP-8fcf.
func (o *Outbox) ServeSynchronization(c *gin.Context) {
	reader, err := o.Actors.Reader(c.Request)
	if err == nil && reader == 0 {
		err = fault.New(fault.Unauthorized, "Sign the request: each node is shown its own followers")
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	actor, err := o.owner(c)
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
	document(c, store.Private, list)
}

// ServeOutbox answers /actors/:id/outbox with the public posts, [AP] 5.1.
func (o *Outbox) ServeOutbox(c *gin.Context) {
	actor, err := o.owner(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	total := int(actor.StatusesCount)
	if c.Query("page") == "" {
		document(c, store.Public, federation.Collection{Context: federation.Context, ID: actor.OutboxURI, Type: "OrderedCollection", TotalItems: &total,
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
	document(c, store.Public, page)
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
	actor, err := o.owner(c)
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
	document(c, store.Public, col)
}

// document answers with ActivityStreams. What only some may read is nobody
// else's to keep.
func document(c *gin.Context, v store.Visibility, doc any) {
	c.Header("Content-Type", federation.ContentType+"; charset=utf-8")
	c.Header("Vary", "Accept, Signature")
	if v != store.Public && v != store.Unlisted || c.GetHeader("Signature") != "" {
		c.Header("Cache-Control", "private, no-store")
	}
	c.JSON(http.StatusOK, doc)
}
