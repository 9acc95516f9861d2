package inbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"parley/actors"
	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of what is kept of a remote post.
const (
	maxMentions = 50
	maxTags     = 100
	maxSpoiler  = 2048 // characters
	maxBrought  = 100  // objects of one Create
)

// postTypes are the objects that are shown as posts.
var postTypes = []string{"Note", "Question", "Article", "Page", "Video", "Audio", "Image", "Event"}

// isPost reports whether an object can be shown as a post: one of the types
// above, or one of a type unknown here that has words, or a name and an address
// to go to.
func isPost(o *federation.Object) bool {
	if slices.Contains(postTypes, o.Type) {
		return true
	}
	return o.Type != "" && !o.Known() && (o.Content != "" || o.Name != "" && o.URL != "")
}

// create stores what an activity brings, [AP] 6.2: mostly one post. GoToSocial
// has all the choices of a voter in one.
func (i *Inbox) create(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	for _, o := range a.Objects[:min(len(a.Objects), maxBrought)] {
		if err := i.bring(ctx, tx, sender, a, o); err != nil {
			return err
		}
	}
	return nil
}

// bring stores a post that concerns somebody here, [AP] 7.2.
func (i *Inbox) bring(ctx context.Context, tx *store.Tx, sender *store.Actor, a, o *federation.Object) error {
	switch {
	case o.Embedded() && !isPost(o):
		return nil
	case i.isVote(o):
		return i.vote(ctx, tx, sender, o)
	}
	addressed(a, o)
	if err := authored(sender, o); err != nil && o.Embedded() {
		return err
	}
	mentioned, err := tx.ActorsByURI(named(sender, o))
	if err != nil {
		return err
	}
	wanted, err := i.concerns(tx, sender, o, mentioned)
	if err != nil || !wanted {
		return err
	}
	if !o.Embedded() {
		return i.sendFor(ctx, tx, sender, o.ID)
	}
	_, err = i.keep(ctx, tx, sender, o, mentioned, 0)
	return err
}

// sendFor has a post read of which its author's activity says only the id, as
// if it had come by itself.
func (i *Inbox) sendFor(ctx context.Context, tx *store.Tx, sender *store.Actor, uri string) error {
	if !federation.SameOrigin(uri, sender.URI) || !i.hints.within(sender.ID, hintsInTime) {
		return nil
	}
	return i.Queue.Insert(ctx, tx, FetchJob{URI: uri, Depth: asNews})
}

// addressed gives an object without recipients those of its activity.
func addressed(a, o *federation.Object) {
	if len(o.Recipients()) == 0 {
		o.To, o.Cc = a.To, a.Cc
	}
}

// authored checks that a post is its sender's and lies on the sender's node.
func authored(sender *store.Actor, o *federation.Object) error {
	if o.ID == "" || !federation.SameOrigin(o.ID, sender.URI) {
		return fault.New(fault.Unauthorized, "The object is not on its sender's node")
	}
	if o.AttributedTo != sender.URI {
		return fault.New(fault.Unauthorized, "The object is somebody else's")
	}
	return nil
}

// named are the URIs of those whom a post of the author names or is addressed
// to, but for everybody and his followers.
func named(author *store.Actor, o *federation.Object) []string {
	var list []string
	for _, t := range o.Tag {
		if t.Type == "Mention" && t.Href != "" && len(list) < maxMentions {
			list = append(list, t.Href)
		}
	}
	for _, uri := range o.Recipients() {
		if !federation.IsPublic(uri) && uri != author.FollowersURI && len(list) < 2*maxMentions && !slices.Contains(list, uri) {
			list = append(list, uri)
		}
	}
	return list
}

// concerns reports whether a post is anything to anybody here: its author is
// followed, it names one of ours, or it answers what we know.
func (i *Inbox) concerns(tx *store.Tx, sender *store.Actor, o *federation.Object, mentioned map[string]*store.Actor) (bool, error) {
	for _, m := range mentioned {
		if m.Local() {
			return true, nil
		}
	}
	followed, err := tx.HasLocalFollowers(sender.ID)
	if err != nil || followed {
		return followed, err
	}
	if o.InReplyTo == "" {
		return false, nil
	}
	_, err = tx.PostByURI(o.InReplyTo)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// keep stores a post. With depth 0 it is news, to be shown to its readers;
// else it was fetched for a post so many replies below.
func (i *Inbox) keep(ctx context.Context, tx *store.Tx, author *store.Actor, o *federation.Object, mentioned map[string]*store.Actor, depth int) (*store.Post, error) {
	p := postOf(author, o)
	if err := i.thread(ctx, tx, p, depth); err != nil {
		return nil, err
	}
	p.Listed = p.Visibility == store.Public && !author.Limited && (p.InReplyToURI == "" || p.InReplyToActorID == author.ID)
	p.AudienceURI = groupOf(o, mentioned)
	p.Quotable, p.QuotableManually = quotableBy(author, p.Visibility, o.CanQuote.Automatic), quotableBy(author, p.Visibility, o.CanQuote.Manual)
	mentions, here := mentionsOf(author, o, mentioned)
	stored, err := tx.InsertPost(p, mentions, mediaOf(author, o))
	if err != nil {
		return nil, err
	}
	if !stored {
		return nil, i.overtaken(ctx, tx, author, p.URI, here, depth)
	}
	if err := i.asks(ctx, tx, p, o); err != nil {
		return nil, err
	}
	if err := i.quotes(ctx, tx, author, p, o, depth); err != nil {
		return nil, err
	}
	if err := i.quoted(ctx, tx, p); err != nil {
		return nil, err
	}
	if err := i.Cards.Want(ctx, tx, p); err != nil {
		return nil, err
	}
	if err := tx.AdoptReplies(p); err != nil || depth > 0 {
		return p, err
	}
	return p, i.tell(ctx, tx, p, here)
}

// overtaken shows a post that is news to its readers though it is here: it was
// fetched, for a thread or a profile, before it came.
func (i *Inbox) overtaken(ctx context.Context, tx *store.Tx, author *store.Actor, uri string, here []int64, depth int) error {
	if depth > 0 {
		return nil
	}
	p, err := tx.PostByURI(uri)
	if err != nil || p.DeletedAt != 0 || p.ActorID != author.ID {
		return ignoreMissing(err)
	}
	if readers, err := tx.HomeReaders(p.ID); err != nil || len(readers) > 0 {
		return err
	}
	return i.tell(ctx, tx, p, here)
}

// tell shows a post to its readers, and has it answered for those of ours who have
// left.
func (i *Inbox) tell(ctx context.Context, tx *store.Tx, p *store.Post, here []int64) error {
	if err := i.Notify.Posted(tx, p, here); err != nil {
		return err
	}
	return i.Outbox.AnswerFor(ctx, tx, p, here)
}

// thread joins a reply to what it answers, or sends for it.
func (i *Inbox) thread(ctx context.Context, tx *store.Tx, p *store.Post, depth int) error {
	if p.InReplyToURI == "" {
		return nil
	}
	parent, err := tx.PostByURI(p.InReplyToURI)
	switch {
	case err == nil:
		p.InReplyToID, p.InReplyToActorID, p.ThreadID = parent.ID, parent.ActorID, parent.ThreadID
		if p.ContextURI == "" || i.Actors.IsOurs(parent.ContextURI) {
			p.ContextURI = parent.ContextURI // whatever is said in a thread of ours is in it
		}
		return nil
	case !fault.Is(err, fault.NotFound):
		return err
	case depth >= maxAncestors, i.Actors.IsOurs(p.InReplyToURI), i.Partners.Admits(federation.HostOf(p.InReplyToURI)) != nil:
		return nil
	default:
		return i.Queue.Insert(ctx, tx, FetchJob{URI: p.InReplyToURI, Depth: depth + 1})
	}
}

// postOf is the row for a remote post. Its id takes the time it was published,
// so that timelines are in order.
func postOf(author *store.Actor, o *federation.Object) *store.Post {
	now := store.Now()
	published := store.TimeOf(o.Published)
	if published <= 0 || published > now {
		published = now
	}
	p := &store.Post{
		ID: store.IDAt(published), URI: o.ID, URL: pageOf(o), ActorID: author.ID, Kind: o.Type,
		Visibility: visibilityOf(author, o), Scope: store.World, ConversationURI: cmp.Or(o.Conversation, o.Context), ContextURI: address(o.Context),
		InReplyToURI: address(o.InReplyTo), QuoteOfURI: address(o.Quote),
		PublishedAt: published, ReceivedAt: now, EditedAt: min(edited(o), now),
		Automatic: federation.SameOrigin(o.Generator, o.ID),
	}
	says(p, o)
	return p
}

// pageOf is where people read a post. One on somebody else's site is not the
// post but what it is about: nobody publishes under the address of another.
func pageOf(o *federation.Object) string {
	if federation.SameSite(o.URL, o.ID) {
		return o.URL
	}
	return o.ID
}

// address is a URI that can be one of a post, else empty.
func address(uri string) string {
	if federation.HostOf(uri) == "" {
		return ""
	}
	return uri
}

// edited is when a document was changed after it was published, 0 if never.
func edited(o *federation.Object) store.Time {
	if o.Updated.After(o.Published) && !o.Published.IsZero() {
		return store.TimeOf(o.Updated)
	}
	return 0
}

// says writes into the row what a document says, and reports whether the row
// said the same before.
func says(p *store.Post, o *federation.Object) bool {
	before := *p
	p.Content, p.Spoiler = contentOf(o), ""
	if o.Quote != "" {
		p.Content = text.WithoutQuoteLine(p.Content)
	}
	if o.Type == "Note" || o.Type == "Question" {
		p.Spoiler = text.Excerpt(text.Plain(o.Summary), maxSpoiler)
	}
	p.Source, p.Sensitive, p.Language = o.Source.Content, o.Sensitive || p.Spoiler != "", o.Language()
	p.Emojis, p.Tags = actors.Emojis(o.Tag), nil
	for _, t := range o.Tag {
		name := strings.TrimPrefix(t.Name, "#")
		if t.Type == "Hashtag" && text.TagName(name) != "" && len(p.Tags) < maxTags && !slices.Contains(p.Tags, name) {
			p.Tags = append(p.Tags, name)
		}
	}
	return p.Content == before.Content && p.Spoiler == before.Spoiler && p.Sensitive == before.Sensitive && p.Language == before.Language &&
		slices.Equal(p.Emojis, before.Emojis) && slices.Equal(p.Tags, before.Tags)
}

// visibilityOf reads to and cc as Mastodon writes them.
func visibilityOf(author *store.Actor, o *federation.Object) store.Visibility {
	switch {
	case slices.ContainsFunc(o.To, federation.IsPublic):
		return store.Public
	case slices.ContainsFunc(o.Cc, federation.IsPublic):
		return store.Unlisted
	case author.FollowersURI != "" && slices.Contains(o.Recipients(), author.FollowersURI):
		return store.Private
	default:
		return store.Direct
	}
}

// mentionsOf are the rows for those who are named, silent for those who are
// only addressed, and the ids of ours among the named.
func mentionsOf(author *store.Actor, o *federation.Object, known map[string]*store.Actor) (rows []store.Mention, here []int64) {
	loud := map[string]bool{}
	for _, t := range o.Tag {
		loud[t.Href] = loud[t.Href] || t.Type == "Mention"
	}
	for _, uri := range named(author, o) {
		actor := known[uri]
		if actor == nil {
			continue
		}
		rows = append(rows, store.Mention{ActorID: actor.ID, Silent: !loud[uri]})
		if actor.Local() {
			here = append(here, actor.ID)
		}
	}
	return rows, here
}

// update stores an edit of a post, or sends for a profile that changed.
func (i *Inbox) update(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	o := a.Object
	switch {
	case o == nil:
		return nil
	case o.ID == sender.URI:
		return i.Queue.Insert(ctx, tx, RefreshJob{URI: sender.URI})
	case !o.Embedded() && federation.SameOrigin(o.ID, sender.URI) && i.hints.within(sender.ID, hintsInTime):
		return i.Queue.Insert(ctx, tx, HintJob{Verb: a.Type, Object: o.ID})
	case !isPost(o):
		return nil
	}
	if err := authored(sender, o); err != nil {
		return err
	}
	p, err := tx.PostByURI(o.ID)
	if fault.Is(err, fault.NotFound) {
		return i.create(ctx, tx, sender, a) // its Create is late, or was lost
	}
	if err != nil || p.ActorID != sender.ID || p.DeletedAt != 0 {
		return err
	}
	if err := i.recount(ctx, tx, p, o); err != nil {
		return err
	}
	if err := i.policy(tx, sender, p, o); err != nil {
		return err
	}
	return i.edit(ctx, tx, sender, p, o)
}

// delete hides a post of the sender, or the sender. What was never seen stays
// dead should it come.
func (i *Inbox) delete(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	uri := a.ObjectID()
	if uri == "" || !federation.SameOrigin(uri, sender.URI) {
		return nil
	}
	if uri == sender.URI {
		return i.Outbox.Depart(tx, sender)
	}
	p, err := tx.PostByURI(uri)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		if p.ActorID != sender.ID {
			return fault.New(fault.Unauthorized, "The object is somebody else's")
		}
		if err := i.Notify.Deleted(tx, p); err != nil {
			return err
		}
		if err := tx.TombstonePost(p); err != nil {
			return err
		}
	}
	if err := i.unstamp(ctx, tx, sender, uri); err != nil {
		return err
	}
	return tx.Bury(sender.ID, uri)
}
