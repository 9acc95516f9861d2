package inbox

import (
	"context"
	"slices"
	"time"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// Bounds of reading the answers to one post.
const (
	maxReplies = 200
	maxDeep    = 5  // answers to answers
	maxLists   = 20 // collections
)

// RepliesJob reads the answers to a post from their nodes.
type RepliesJob struct {
	PostID int64 `json:"post_id"`
}

// Kind names the job.
func (RepliesJob) Kind() string { return "replies" }

// readAgain is how long the answers that we know to a post are good for. An old
// post gets few.
func readAgain(age time.Duration) time.Duration {
	switch {
	case age < 24*time.Hour:
		return 15 * time.Minute
	case age < 7*24*time.Hour:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}

// Open has the answers to a remote post that one of ours is reading fetched, at
// most once in a while. They appear in the thread, in nobody's home, and nobody
// is told of them. The post is read whether or not this can be done.
func (i *Inbox) Open(ctx context.Context, p *store.Post) {
	if p.Local || p.Visibility != store.Public && p.Visibility != store.Unlisted {
		return
	}
	before := store.Now().Add(-readAgain(time.Since(p.PublishedAt.Time())))
	if p.RepliesReadAt > before {
		return
	}
	err := i.DB.Write(ctx, func(tx *store.Tx) error {
		due, err := tx.ClaimReplies(p.ID, before)
		if err != nil || !due {
			return err
		}
		return i.Queue.Insert(ctx, tx, RepliesJob{PostID: p.ID})
	})
	if err != nil {
		i.Log.WarnContext(ctx, "cannot send for the answers to a post", "post", p.URI, "error", err)
	}
}

// ReadReplies carries out the job. What cannot be had now is left to the next
// reader.
func (i *Inbox) ReadReplies(ctx context.Context, job RepliesJob) error {
	p, err := i.DB.With(ctx).Post(job.PostID)
	if err != nil || p.DeletedAt != 0 {
		return ignoreMissing(err)
	}
	o, err := i.read(ctx, p.URI)
	if err != nil || o.ID != p.URI {
		return i.passing(err, "post", p.URI)
	}
	r := &replies{Inbox: i, left: maxReplies, down: map[federation.Host]bool{}, seen: map[string]bool{}}
	if r.signer, err = i.Actors.NodeSigner(ctx); err != nil {
		return err
	}
	if err := r.below(ctx, o); err != nil {
		return err
	}
	if !federation.SameOrigin(o.Context, o.ID) { // FEP-7888
		return nil
	}
	return r.list(ctx, o, &federation.Object{ID: o.Context}, 0)
}

// replies is one reading of the answers to a post.
type replies struct {
	*Inbox
	signer *federation.Key
	left   int                      // how many may still be looked at
	lists  []branch                 // collections to be read
	down   map[federation.Host]bool // hosts that did not answer
	seen   map[string]bool
	early  []*federation.Object // answers to what is not known yet
}

// branch is a post whose answers are to be read.
type branch struct {
	post *federation.Object
	deep int
}

// below reads the answers to a post, and the answers to those.
func (r *replies) below(ctx context.Context, o *federation.Object) error {
	r.lists = []branch{{post: o}}
	for n := 0; len(r.lists) > 0 && n < maxLists; n++ {
		next := r.lists[0]
		r.lists = r.lists[1:]
		if err := r.list(ctx, next.post, next.post.Replies, next.deep); err != nil {
			return err
		}
	}
	return nil
}

// list takes what a collection of the post names.
func (r *replies) list(ctx context.Context, of, collection *federation.Object, deep int) error {
	items, err := r.Fed.ItemsOf(ctx, of.ID, collection, r.signer, maxReplies)
	if err != nil {
		return r.passing(err, "post", of.ID)
	}
	for _, item := range items {
		if r.left == 0 || ctx.Err() != nil {
			break
		}
		if err := r.item(ctx, of, item, deep); err != nil && fault.Of(err) == fault.Internal {
			return err
		}
	}
	return nil
}

// item takes one answer: as the collection has it if it is on the collection's
// own host, else from its own node.
func (r *replies) item(ctx context.Context, of, item *federation.Object, deep int) error {
	uri := address(item.ID)
	if uri == "" || r.seen[uri] || r.Actors.IsOurs(uri) {
		return nil
	}
	r.seen[uri] = true
	r.left--
	if _, err := r.DB.With(ctx).PostByURI(uri); !fault.Is(err, fault.NotFound) {
		return err
	}
	o, host := item, federation.HostOf(uri)
	if !item.Embedded() || !isPost(item) || !federation.SameOrigin(uri, of.ID) {
		if r.down[host] {
			return nil
		}
		var err error
		if o, err = r.read(ctx, uri); err != nil {
			r.down[host] = fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooMany)
			return err
		}
	}
	if err := r.take(ctx, o); err != nil {
		return err
	}
	if deep < maxDeep {
		r.lists = append(r.lists, branch{post: o, deep: deep + 1})
	}
	return nil
}

// take stores an answer to what we know. A collection may name anything, and
// may name an answer before what it answers.
func (r *replies) take(ctx context.Context, o *federation.Object) error {
	if address(o.InReplyTo) == "" {
		return nil
	}
	if _, err := r.DB.With(ctx).PostByURI(o.InReplyTo); fault.Is(err, fault.NotFound) {
		r.early = append(r.early, o)
		return nil
	} else if err != nil {
		return err
	}
	if _, err := r.Inbox.take(ctx, o, maxAncestors); err != nil {
		return err
	}
	return r.late(ctx, o.ID)
}

// late takes the answers to a post that came before it.
func (r *replies) late(ctx context.Context, uri string) error {
	answers := func(o *federation.Object) bool { return o.InReplyTo == uri }
	for at := slices.IndexFunc(r.early, answers); at >= 0; at = slices.IndexFunc(r.early, answers) {
		o := r.early[at]
		r.early = slices.Delete(r.early, at, at+1)
		if err := r.take(ctx, o); fault.Is(err, fault.Internal) {
			return err
		}
	}
	return nil
}
