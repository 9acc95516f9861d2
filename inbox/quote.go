package inbox

import (
	"context"
	"slices"
	"strings"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
)

// quoteHop is how far up a thread a quote counts as: what quotes what quotes
// something is fetched three times over, not a hundred.
const quoteHop = maxAncestors / 3

// VerifyQuoteJob finds out whether a remote post may quote what it quotes.
type VerifyQuoteJob struct {
	PostID        int64  `json:"post_id"`
	Authorization string `json:"authorization"`
	Depth         int    `json:"depth"`
}

// Kind names the job.
func (VerifyQuoteJob) Kind() string { return "quote" }

// quotableBy is who may quote a remote post, by what its document says. What is
// not for everybody is quoted by its author alone, FEP-044f.
func quotableBy(author *store.Actor, v store.Visibility, uris []string) string {
	if v != store.Public && v != store.Unlisted {
		return ""
	}
	var words []string
	for _, uri := range uris {
		word := "unsupported_policy"
		switch {
		case federation.IsPublic(uri):
			word = "public"
		case uri == author.FollowersURI:
			word = "followers"
		case uri == author.FollowingURI:
			word = "following"
		case uri == author.URI:
			continue
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// policy stores who may quote a remote post now.
func (i *Inbox) policy(tx *store.Tx, author *store.Actor, p *store.Post, o *federation.Object) error {
	return tx.SetQuotable(p.ID, quotableBy(author, p.Visibility, o.CanQuote.Automatic), quotableBy(author, p.Visibility, o.CanQuote.Manual))
}

// quotes stores what a remote post quotes, and sends to see whether it may.
func (i *Inbox) quotes(ctx context.Context, tx *store.Tx, author *store.Actor, p *store.Post, o *federation.Object, depth int) error {
	uri := address(o.Quote)
	if uri == "" || uri == p.URI {
		_, err := tx.DropQuote(p.ID)
		return err
	}
	q, err := tx.Quote(p.ID)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && q.QuotedURI != uri:
		q = &store.Quote{PostID: p.ID, ActorID: author.ID, QuotedURI: uri, State: store.QuotePending, Legacy: o.QuoteLegacy}
		if err := i.join(tx, p, q); err != nil {
			return err
		}
		if err := tx.SetQuote(q); err != nil {
			return err
		}
		if err := i.tellQuoted(tx, q); err != nil {
			return err
		}
	case err != nil:
		return err
	case q.State == store.QuoteAccepted && q.AuthorizationURI == o.QuoteAuthorization:
		return nil // nothing new
	}
	return i.verify(ctx, tx, p, q, o.QuoteAuthorization, depth)
}

// join finds what is quoted, and settles what needs no network: everybody may
// quote himself, and of our posts we know whom we gave leave.
func (i *Inbox) join(tx *store.Tx, p *store.Post, q *store.Quote) error {
	quoted, err := tx.PostByURI(q.QuotedURI)
	if err != nil || quoted.BoostOfID != 0 {
		return ignoreMissing(err)
	}
	if _, err := tx.VisiblePost(p.ActorID, quoted.ID); err != nil && quoted.Local {
		return ignoreMissing(err) // it is not said that there is such a post
	}
	q.QuotedID, q.QuotedActorID = quoted.ID, quoted.ActorID
	if quoted.ActorID == p.ActorID {
		q.State = store.QuoteAccepted
		return nil
	}
	if !quoted.Local {
		return nil
	}
	stamp, err := tx.StampFor(quoted.ID, p.URI)
	if err != nil {
		return ignoreMissing(err)
	}
	q.State = store.QuoteAccepted
	if stamp.RevokedAt != 0 || stamp.QuotingActorID != p.ActorID {
		q.State = store.QuoteRevoked
	}
	return nil
}

// tellQuoted tells one of ours of a quote.
func (i *Inbox) tellQuoted(tx *store.Tx, q *store.Quote) error {
	if q.State != store.QuoteAccepted || q.ActorID == q.QuotedActorID {
		return nil
	}
	whom, err := tx.Actor(q.QuotedActorID)
	if err != nil || !whom.Local() {
		return err
	}
	return i.Notify.Tell(tx, whom.ID, "quote", q.ActorID, q.PostID)
}

// verify sends to see whether a quote of what is not ours may be. A quote in
// the old way has no proof, and is only its author's own or none.
func (i *Inbox) verify(ctx context.Context, tx *store.Tx, p *store.Post, q *store.Quote, authorization string, depth int) error {
	own := q.QuotedID == 0 && federation.SameOrigin(q.QuotedURI, p.URI)
	if authorization == "" {
		authorization = q.AuthorizationURI // is it still there?
	}
	known := q.QuotedID != 0 && q.ActorID == q.QuotedActorID
	if known || i.Actors.IsOurs(q.QuotedURI) || authorization == "" && !own || depth >= maxAncestors {
		return nil
	}
	if i.Partners.Admits(federation.HostOf(q.QuotedURI)) != nil || authorization != "" && !federation.SameOrigin(authorization, q.QuotedURI) {
		return nil
	}
	return i.Queue.Insert(ctx, tx, VerifyQuoteJob{PostID: p.ID, Authorization: authorization, Depth: depth})
}

// VerifyQuote carries out the job: it reads the post that is quoted, and from
// its author's node the leave.
func (i *Inbox) VerifyQuote(ctx context.Context, job VerifyQuoteJob) error {
	r := i.DB.With(ctx)
	p, err := r.Post(job.PostID)
	if err != nil || p.DeletedAt != 0 {
		return ignoreMissing(err)
	}
	q, err := r.Quote(p.ID)
	if err != nil {
		return ignoreMissing(err)
	}
	quoted, err := i.fetch(ctx, q.QuotedURI, job.Depth+quoteHop)
	if err != nil || quoted.Local || quoted.BoostOfID != 0 {
		return lasting(err)
	}
	author, err := r.Actor(quoted.ActorID)
	if err != nil {
		return err
	}
	granted := quoted.ActorID == p.ActorID
	if !granted && job.Authorization != "" {
		if granted, err = i.granted(ctx, job.Authorization, p, quoted, author); err != nil {
			return err
		}
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error { return i.settle(tx, p, quoted, job.Authorization, granted) })
}

// granted reports whether an author's node says that the post may quote his.
// That it cannot be asked is an error.
func (i *Inbox) granted(ctx context.Context, uri string, p, quoted *store.Post, author *store.Actor) (bool, error) {
	if !federation.SameOrigin(uri, author.URI) {
		return false, nil
	}
	o, err := i.read(ctx, uri)
	if err != nil {
		return false, lasting(err)
	}
	return o.ID == uri && o.Type == "QuoteAuthorization" && o.AttributedTo == author.URI && o.InteractingObject == p.URI && o.InteractionTarget == quoted.URI, nil
}

// settle stores what was found out, unless the post or the leave is gone
// meanwhile, or the quote is another.
func (i *Inbox) settle(tx *store.Tx, p, quoted *store.Post, authorization string, granted bool) error {
	q, err := tx.Quote(p.ID)
	if err != nil || q.QuotedURI != quoted.URI {
		return ignoreMissing(err)
	}
	if granted && authorization != "" {
		dead, err := tx.Dead(quoted.ActorID, authorization)
		if err != nil {
			return err
		}
		granted = !dead
	}
	before := *q
	q.QuotedID, q.QuotedActorID = quoted.ID, quoted.ActorID
	switch {
	case granted:
		q.State, q.AuthorizationURI = store.QuoteAccepted, authorization
	case q.State == store.QuoteAccepted && q.AuthorizationURI == authorization:
		q.State, q.AuthorizationURI = store.QuoteRevoked, ""
	}
	if *q == before {
		return nil
	}
	if err := tx.SettleQuote(q); err != nil {
		return err
	}
	return i.Notify.Counted(tx, p)
}

// quoted has posts that came before this one find what they quote.
func (i *Inbox) quoted(ctx context.Context, tx *store.Tx, p *store.Post) error {
	waiting, err := tx.QuotesWaiting(p.URI)
	if err != nil {
		return err
	}
	for _, q := range waiting {
		by, err := tx.Post(q.PostID)
		if err != nil {
			return err
		}
		if err := i.join(tx, by, q); err != nil {
			return err
		}
		if err := tx.SettleQuote(q); err != nil {
			return err
		}
	}
	return nil
}

// quoteRequest answers the wish of the sender to quote one of our posts.
func (i *Inbox) quoteRequest(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	if a.Instrument == nil || !federation.SameOrigin(a.Instrument.ID, sender.URI) || a.ID == "" {
		return nil
	}
	if by := a.Instrument.AttributedTo; by != "" && by != sender.URI {
		return fault.New(fault.Unauthorized, "The object is somebody else's")
	}
	p, err := tx.PostByURI(a.ObjectID())
	if err != nil {
		return ignoreMissing(err)
	}
	if p, err = tx.VisiblePost(sender.ID, p.ID); err != nil || !p.Local || p.BoostOfID != 0 || p.Scope != store.World || p.HeldUntil != 0 {
		return ignoreMissing(err)
	}
	stamp, err := i.Outbox.AnswerQuote(ctx, tx, p, sender, a.ID, a.Instrument.ID)
	if err != nil || stamp == nil {
		return err
	}
	by, err := tx.PostByURI(a.Instrument.ID)
	if err != nil || by.ActorID != sender.ID {
		return ignoreMissing(err)
	}
	q, err := tx.Quote(by.ID)
	if err != nil || q.QuotedURI != p.URI || q.State == store.QuoteAccepted {
		return ignoreMissing(err)
	}
	q.QuotedID, q.QuotedActorID, q.State = p.ID, p.ActorID, store.QuoteAccepted
	if err := tx.SettleQuote(q); err != nil {
		return err
	}
	if err := i.Notify.Counted(tx, by); err != nil {
		return err
	}
	return i.tellQuoted(tx, q)
}

// asked is the quote of ours that an Accept or Reject of the sender is about:
// by the id of our QuoteRequest, else by the post that it names.
func (i *Inbox) asked(tx *store.Tx, sender *store.Actor, a *federation.Object) (*store.Quote, error) {
	q, err := tx.QuoteByRequest(a.ObjectID())
	if fault.Is(err, fault.NotFound) && a.Object != nil && a.Object.Type == "QuoteRequest" && a.Object.Instrument != nil {
		p, perr := tx.PostByURI(a.Object.Instrument.ID)
		if perr != nil {
			return nil, perr
		}
		q, err = tx.Quote(p.ID)
	}
	if err != nil {
		return nil, err
	}
	if q.QuotedActorID != sender.ID || q.RequestURI == "" {
		return nil, fault.New(fault.NotFound, "Quote not found")
	}
	return q, nil
}

// answered takes the answer to a QuoteRequest of ours and tells whether an
// Accept or Reject was one.
func (i *Inbox) answered(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) (bool, error) {
	q, err := i.asked(tx, sender, a)
	if err != nil {
		return false, ignoreMissing(err)
	}
	switch {
	case a.Type == "Reject" && q.State == store.QuoteAccepted:
		q.State, q.AuthorizationURI = store.QuoteRevoked, ""
	case a.Type == "Reject":
		q.State = store.QuoteRejected
	case a.Result == "" || !federation.SameOrigin(a.Result, sender.URI) || q.AuthorizationURI == a.Result:
		return true, nil
	default:
		dead, err := tx.Dead(sender.ID, a.Result)
		if err != nil {
			return true, err
		}
		if q.State, q.AuthorizationURI = store.QuoteAccepted, a.Result; dead {
			q.State, q.AuthorizationURI = store.QuoteRevoked, ""
		}
	}
	return true, i.resettle(ctx, tx, q)
}

// resettle stores the new state of a quote and tells whoever has the post.
func (i *Inbox) resettle(ctx context.Context, tx *store.Tx, q *store.Quote) error {
	if err := tx.SettleQuote(q); err != nil {
		return err
	}
	p, err := tx.Post(q.PostID)
	if err != nil || p.DeletedAt != 0 {
		return err
	}
	if p.Local {
		return i.Outbox.Requote(ctx, tx, p)
	}
	return i.Notify.Counted(tx, p)
}

// unstamp ends the quotes that the sender gave leave for by the stamp.
func (i *Inbox) unstamp(ctx context.Context, tx *store.Tx, sender *store.Actor, uri string) error {
	q, err := tx.QuoteByAuthorization(sender.ID, uri)
	if err != nil {
		return ignoreMissing(err)
	}
	q.State, q.AuthorizationURI = store.QuoteRevoked, ""
	return i.resettle(ctx, tx, q)
}
