package actors

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// local is one of ours by the id in the path.
func (a *Actors) local(c *gin.Context) (*store.Actor, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	actor, err := a.DB.With(c.Request.Context()).Actor(id)
	if err != nil {
		return nil, err
	}
	switch {
	case !actor.Local():
		return nil, fault.New(fault.NotFound, "Record not found")
	case actor.Lifecycle == store.Erased:
		return actor, fault.New(fault.Gone, "Record not found")
	}
	return actor, nil
}

// ServeActor answers /actors/:id: the document, or for a browser the page.
func (a *Actors) ServeActor(c *gin.Context) {
	actor, err := a.local(c)
	if fault.Is(err, fault.Gone) {
		Tombstone(c, actor.URI, actor.Kind)
		return
	}
	if err != nil {
		_ = c.Error(err)
		return
	}
	if !federation.Accepts(c.Request) && actor.Kind != "Application" {
		c.Header("Vary", "Accept")
		c.Redirect(http.StatusFound, actor.URL)
		return
	}
	keys, err := a.DB.With(c.Request.Context()).SigningKeys(actor.ID)
	if err != nil {
		_ = c.Error(err)
		return
	}
	Answer(c, store.Public, a.Document(actor, keys))
}

// ServeFollowers answers /actors/:id/followers.
func (a *Actors) ServeFollowers(c *gin.Context) {
	a.collection(c, "followers", func(actor *store.Actor, p store.Page) (int64, []store.Listed, error) {
		list, err := a.DB.With(c.Request.Context()).Followers(actor.ID, p)
		return actor.FollowersCount, list, err
	})
}

// ServeFollowing answers /actors/:id/following.
func (a *Actors) ServeFollowing(c *gin.Context) {
	a.collection(c, "following", func(actor *store.Actor, p store.Page) (int64, []store.Listed, error) {
		list, err := a.DB.With(c.Request.Context()).Following(actor.ID, p)
		return actor.FollowingCount, list, err
	})
}

// Visited is one of ours whose collections somebody asks for, and who that is,
// 0 for a stranger. Whom the owner has blocked finds nobody.
func (a *Actors) Visited(c *gin.Context) (owner *store.Actor, reader int64, err error) {
	if reader, err = a.Reader(c.Request); err != nil {
		return nil, 0, err
	}
	if owner, err = a.local(c); err != nil {
		return nil, 0, err
	}
	blocked, err := a.DB.With(c.Request.Context()).HasBlocked(owner.ID, reader)
	if err == nil && (blocked || owner.Hidden()) {
		err = fault.New(fault.NotFound, "Record not found")
	}
	return owner, reader, err
}

// collection serves a collection of actors: its size, and unless the owner
// hides them its pages, [AP] 5.3.
func (a *Actors) collection(c *gin.Context, name string, page func(*store.Actor, store.Page) (int64, []store.Listed, error)) {
	actor, _, err := a.Visited(c)
	if err != nil {
		_ = c.Error(err)
		return
	}
	maxID, _ := strconv.ParseInt(c.Query("max_id"), 10, 64)
	total, list, err := page(actor, store.Page{Max: maxID, Limit: 40})
	if err != nil {
		_ = c.Error(err)
		return
	}
	uri, n := actor.URI+"/"+name, int(total)
	if c.Query("page") == "" || actor.HideCollections {
		col := federation.Collection{Context: federation.Context, ID: uri, Type: "OrderedCollection", TotalItems: &n}
		if !actor.HideCollections {
			col.First = uri + "?page=true"
		}
		Answer(c, store.Public, col)
		return
	}
	ids := make([]int64, len(list))
	for i, l := range list {
		ids[i] = l.ActorID
	}
	known, err := a.DB.With(c.Request.Context()).Actors(ids)
	if err != nil {
		_ = c.Error(err)
		return
	}
	col := federation.Collection{Context: federation.Context, ID: a.URL + c.Request.URL.RequestURI(), Type: "OrderedCollectionPage", PartOf: uri, TotalItems: &n}
	for _, l := range list {
		if other := known[l.ActorID]; other != nil {
			col.Items = append(col.Items, other.URI)
		}
	}
	if len(list) == 40 {
		col.Next = uri + "?page=true&max_id=" + strconv.FormatInt(list[len(list)-1].Key, 10)
	}
	Answer(c, store.Public, col)
}

// ServeWebFinger answers /.well-known/webfinger, RFC 7033.
func (a *Actors) ServeWebFinger(c *gin.Context) {
	resource := c.Query("resource")
	if resource == "" {
		_ = c.Error(fault.New(fault.BadRequest, "Ask with ?resource=acct:name@"+a.Domain))
		return
	}
	actor, err := a.named(c, resource)
	if err != nil {
		_ = c.Error(err)
		return
	}
	c.Header("Content-Type", "application/jrd+json; charset=utf-8")
	c.JSON(http.StatusOK, federation.WebFingerOf(actor.Username+"@"+a.Domain, actor.URI, actor.URL, a.URL))
}

func (a *Actors) named(c *gin.Context, resource string) (*store.Actor, error) {
	missing := fault.New(fault.NotFound, "Record not found")
	var actor *store.Actor
	var err error
	if strings.Contains(resource, "://") {
		if !a.IsOurs(resource) {
			return nil, missing
		}
		actor, err = a.resolveURL(c.Request.Context(), resource)
	} else {
		name, domain, herr := splitHandle(resource)
		if herr != nil || domain != "" && domain != a.Domain && domain != string(federation.HostOf(a.URL)) {
			return nil, missing
		}
		actor, err = a.DB.With(c.Request.Context()).ActorByHandle(name, "")
	}
	if err != nil {
		return nil, err
	}
	switch {
	case !actor.Local():
		return nil, missing
	case actor.Lifecycle == store.Erased:
		return nil, fault.New(fault.Gone, "Record not found")
	}
	return actor, nil
}

// ServeHostMeta answers /.well-known/host-meta, RFC 6415.
func (a *Actors) ServeHostMeta(c *gin.Context) {
	c.Data(http.StatusOK, "application/xrd+xml; charset=utf-8", federation.HostMeta(a.URL))
}

// ServeNodeInfoLinks answers /.well-known/nodeinfo.
func (a *Actors) ServeNodeInfoLinks(c *gin.Context) {
	c.JSON(http.StatusOK, federation.NodeInfoLinks(a.URL))
}

// upstream names the server whose client API this node has: apps on the library
// megalodon go by it where they do not know the name of the program.
var upstream = map[string]string{"name": "mastodon"}

// ServeNodeInfo answers /nodeinfo/:version, 2.0 and 2.1.
func (a *Actors) ServeNodeInfo(c *gin.Context) {
	version := c.Param("version")
	if version != "2.0" && version != "2.1" {
		_ = c.Error(fault.New(fault.NotFound, "NodeInfo is here as 2.0 and 2.1"))
		return
	}
	u, err := a.DB.With(c.Request.Context()).Usage()
	if err != nil {
		_ = c.Error(err)
		return
	}
	usage := federation.NodeUsage{LocalPosts: int(u.Posts), Users: federation.NodeUsers{Total: int(u.Users), ActiveMonth: int(u.ActiveMonth), ActiveHalfyear: int(u.ActiveHalfyear)}}
	info := federation.NewNodeInfo(version, federation.NodeSoftware{Name: "parley", Version: a.Version}, usage, map[string]any{"nodeName": a.Title, "upstream": upstream})
	c.Header("Content-Type", `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/`+version+`#"; charset=utf-8`)
	c.JSON(http.StatusOK, info)
}

// Tombstone answers where something was that is gone for good, [AP] 6.4.
func Tombstone(c *gin.Context, uri, formerly string) {
	c.Header("Content-Type", federation.ContentType+"; charset=utf-8")
	c.Header("Vary", "Accept, Signature")
	c.JSON(http.StatusGone, federation.Tombstone{Context: federation.Context, ID: uri, Type: "Tombstone", FormerType: formerly})
}

// Answer writes an ActivityStreams document. What only some may read, or one
// who signed got to read, is nobody else's to keep.
func Answer(c *gin.Context, v store.Visibility, doc any) {
	c.Header("Content-Type", federation.ContentType+"; charset=utf-8")
	c.Header("Vary", "Accept, Signature")
	if v != store.Public && v != store.Unlisted || c.GetHeader("Signature") != "" {
		c.Header("Cache-Control", "private, no-store")
	}
	c.JSON(http.StatusOK, doc)
}
