package inbox

import (
	"context"
	"strconv"
	"strings"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// maxAncestors bounds how far up a thread is fetched.
const maxAncestors = 100

// asNews is the depth at which a post is taken as if it had come by itself.
const asNews = -1

// FetchJob gets a post that another refers to, and then what that answers.
type FetchJob struct {
	URI   string `json:"uri"`
	Depth int    `json:"depth"`
}

// Kind names the job.
func (FetchJob) Kind() string { return "fetch" }

// FetchAncestor carries out a FetchJob.
func (i *Inbox) FetchAncestor(ctx context.Context, job FetchJob) error {
	_, err := i.fetch(ctx, job.URI, job.Depth)
	return lasting(err)
}

// lasting keeps the errors that another try may mend. What is gone, refused or
// forbidden will be so again.
func lasting(err error) error {
	switch fault.Of(err) {
	case fault.Unavailable, fault.TooMany, fault.Internal:
		return err
	default:
		return nil
	}
}

// Fetch is the post with the URI, read from its node unless we know it.
func (i *Inbox) Fetch(ctx context.Context, uri string) (*store.Post, error) {
	return i.fetch(ctx, uri, 0)
}

func (i *Inbox) fetch(ctx context.Context, uri string, depth int) (*store.Post, error) {
	p, err := i.DB.With(ctx).PostByURI(uri)
	if !fault.Is(err, fault.NotFound) {
		return p, err
	}
	o, err := i.read(ctx, uri)
	if err != nil {
		return nil, err
	}
	return i.take(ctx, o, depth)
}

// read gets a document from its node, in our node's name.
func (i *Inbox) read(ctx context.Context, uri string) (*federation.Object, error) {
	if i.Actors.IsOurs(uri) {
		return nil, fault.New(fault.NotFound, "Record not found")
	}
	if err := i.Partners.Admits(federation.HostOf(uri)); err != nil {
		return nil, err
	}
	signer, err := i.Actors.NodeSigner(ctx)
	if err != nil {
		return nil, err
	}
	return i.Fed.Fetch(ctx, uri, signer)
}

// take stores a fetched post under its author.
func (i *Inbox) take(ctx context.Context, o *federation.Object, depth int) (*store.Post, error) {
	if o.Type == "Create" && o.Object != nil && o.Object.Embedded() {
		if !federation.SameOrigin(o.Object.ID, o.ID) {
			return nil, fault.New(fault.Invalid, "The activity "+o.ID+" cannot vouch for what it brings")
		}
		o = o.Object
	}
	if !isPost(o) {
		return nil, fault.New(fault.NotFound, "There is no post at that address")
	}
	author, err := i.Actors.Find(ctx, o.AttributedTo)
	if err != nil {
		return nil, err
	}
	if err := authored(author, o); err != nil {
		return nil, err
	}
	var p *store.Post
	err = i.DB.Write(ctx, func(tx *store.Tx) error {
		mentioned, err := tx.ActorsByURI(named(author, o))
		if err != nil {
			return err
		}
		if p, err = i.keep(ctx, tx, author, o, mentioned, depth+1); err != nil || p != nil {
			return err
		}
		p, err = tx.PostByURI(o.ID)
		return err
	})
	return p, err
}

// Resolve finds what a person pasted into the search: the post or the actor
// that the address names, here or elsewhere.
func (i *Inbox) Resolve(ctx context.Context, url string) (*store.Post, *store.Actor, error) {
	r := i.DB.With(ctx)
	if p, err := r.PostByURL(url); err == nil {
		return p, nil, nil
	}
	if i.Actors.IsOurs(url) {
		return i.local(ctx, url)
	}
	if actor, err := r.ActorByURI(url); err == nil {
		return nil, actor, nil
	}
	o, err := i.read(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	if o.IsActor() {
		actor, err := i.Actors.Find(ctx, o.ID)
		return nil, actor, err
	}
	p, err := i.take(ctx, o, 0)
	if err != nil {
		return nil, nil, err
	}
	i.Open(ctx, p)
	return p, nil, nil
}

// local reads the addresses of our own pages.
func (i *Inbox) local(ctx context.Context, url string) (*store.Post, *store.Actor, error) {
	path := strings.TrimPrefix(url, i.Actors.URL)
	if last := path[strings.LastIndexByte(path, '/')+1:]; strings.Count(path, "/") > 1 {
		if id, err := strconv.ParseInt(last, 10, 64); err == nil {
			if p, err := i.DB.With(ctx).Post(id); err == nil {
				return p, nil, nil
			}
		}
	}
	actor, err := i.Actors.Resolve(ctx, url)
	return nil, actor, err
}
