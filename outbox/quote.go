package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Leave is what becomes of somebody's wish to quote a post.
type Leave string

// The answers, in Mastodon's words.
const (
	Automatic Leave = "automatic" // given unasked
	Manual    Leave = "manual"    // its author decides
	Unknown   Leave = "unknown"   // the author says something that is not understood here
	Denied    Leave = "denied"
)

// LeaveToQuote is the one rule of who may quote a post, by what its author
// said and how the one who asks stands to the author.
func LeaveToQuote(automatic, manual string, self, follows, followed bool) Leave {
	if self {
		return Automatic
	}
	among := func(words string) bool {
		list := strings.Fields(words)
		return slices.Contains(list, "public") || follows && slices.Contains(list, "followers") || followed && slices.Contains(list, "following")
	}
	switch {
	case among(automatic):
		return Automatic
	case among(manual):
		return Manual
	case strings.Contains(automatic+manual, "unsupported_policy"):
		return Unknown
	}
	return Denied
}

// Leave is what becomes of the actor's wish to quote the post.
func (o *Outbox) Leave(r store.Reader, actor int64, p *store.Post) (Leave, error) {
	relations, err := r.Relations(actor, []int64{p.ActorID})
	if err != nil || len(relations) == 0 {
		return Denied, err
	}
	rel := relations[0]
	if rel.BlockedBy {
		return Denied, nil
	}
	return LeaveToQuote(p.Quotable, p.QuotableManually, actor == p.ActorID, rel.Following, rel.FollowedBy), nil
}

// quotableBy is what one of ours says with a policy of the API. What is not for
// everybody is quoted by its author alone.
func quotableBy(policy string, v store.Visibility) (string, error) {
	if !slices.Contains([]string{"public", "followers", "nobody"}, policy) {
		return "", fault.New(fault.Invalid, "Validation failed: Quote approval policy is not included in the list")
	}
	if policy == "nobody" || v == store.Private || v == store.Direct {
		return "", nil
	}
	return policy, nil
}

// quoted finds what a draft quotes and makes the draft no wider than that.
func (o *Outbox) quoted(r store.Reader, author int64, d *Draft) (*store.Post, error) {
	if d.QuotedID == 0 {
		return nil, nil
	}
	p, err := visible(r, author, d.QuotedID)
	if err != nil {
		return nil, err
	}
	leave, err := o.Leave(r, author, p)
	if err != nil {
		return nil, err
	}
	foreign := p.ActorID != author
	if p.Visibility == store.Direct || p.HeldUntil != 0 || leave == Denied || foreign && p.Visibility == store.Private {
		return nil, fault.New(fault.Invalid, "Validation failed: You are not allowed to quote this post")
	}
	if p.Visibility == store.Private && d.Visibility != store.Direct {
		d.Visibility = store.Private
	}
	if p.Scope != store.World {
		d.Scope = p.Scope
	}
	if d.Scope != "" && d.Scope != store.World && leave != Automatic {
		return nil, fault.New(fault.Invalid, "Validation failed: A post that stays here cannot ask for leave to quote")
	}
	return p, nil
}

// quote stores what a new post quotes. Of ours the policy decides at once;
// another node is asked, once the post is sent.
func (o *Outbox) quote(tx *store.Tx, p, quoted *store.Post) error {
	if quoted == nil {
		return nil
	}
	q := &store.Quote{PostID: p.ID, ActorID: p.ActorID, QuotedURI: quoted.URI, QuotedID: quoted.ID, QuotedActorID: quoted.ActorID, State: store.QuotePending}
	switch {
	case quoted.ActorID == p.ActorID, p.Scope != store.World:
		q.State = store.QuoteAccepted
	case quoted.Local:
		stamp, err := tx.Stamp(&store.QuoteStamp{QuotedID: quoted.ID, QuotingURI: p.URI, QuotingActorID: p.ActorID})
		if err != nil {
			return err
		}
		q.State, q.AuthorizationURI = store.QuoteAccepted, o.stampURI(stamp)
	}
	return tx.SetQuote(q)
}

// askToQuote tells of a quote whoever wrote what is quoted, once the post is
// sent: one of ours hears of it, of another node we ask leave, FEP-044f.
func (o *Outbox) askToQuote(ctx context.Context, tx *store.Tx, author *store.Actor, p *store.Post) error {
	if p.QuoteOfURI == "" {
		return nil
	}
	q, err := tx.Quote(p.ID)
	if err != nil || q.ActorID == q.QuotedActorID {
		return ignoreNone(err)
	}
	whom, err := tx.Actor(q.QuotedActorID)
	if err != nil {
		return err
	}
	if whom.Local() {
		return o.Notify.Tell(tx, whom.ID, "quote", author.ID, p.ID)
	}
	if q.State != store.QuotePending {
		return nil
	}
	q.RequestURI = o.newURI("quote-request")
	if err := tx.SettleQuote(q); err != nil {
		return err
	}
	request := federation.Activity{ID: q.RequestURI, Type: "QuoteRequest", Actor: author.URI, To: []string{whom.URI}, Object: q.QuotedURI, Instrument: p.URI}
	if p.Visibility == store.Public || p.Visibility == store.Unlisted {
		if request.Instrument, err = o.Note(tx.Reader, p); err != nil {
			return err
		}
	}
	return o.publish(ctx, tx, author, p.URI, request, []string{whom.InboxURI})
}

func ignoreNone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// AnswerQuote answers a QuoteRequest for one of our posts: leave is a stamp
// that anybody can read.
func (o *Outbox) AnswerQuote(ctx context.Context, tx *store.Tx, p *store.Post, who *store.Actor, request, quoting string) (*store.QuoteStamp, error) {
	leave, err := o.Leave(tx.Reader, who.ID, p)
	if err != nil {
		return nil, err
	}
	var stamp *store.QuoteStamp
	if leave == Automatic {
		if stamp, err = tx.Stamp(&store.QuoteStamp{QuotedID: p.ID, QuotingURI: quoting, QuotingActorID: who.ID}); err != nil {
			return nil, err
		}
		if stamp.RevokedAt != 0 || stamp.QuotingActorID != who.ID {
			stamp = nil
		}
	}
	author, err := tx.Actor(p.ActorID)
	if err != nil {
		return nil, err
	}
	answer := federation.Activity{ID: o.newURI("reject"), Type: "Reject", Actor: author.URI, To: []string{who.URI},
		Object: federation.Activity{ID: request, Type: "QuoteRequest", Actor: who.URI, Object: p.URI, Instrument: quoting}}
	if stamp != nil {
		answer.ID, answer.Type, answer.Result = o.newURI("accept"), "Accept", o.stampURI(stamp)
	}
	return stamp, o.publish(ctx, tx, author, quoting, answer, []string{who.InboxURI})
}

// Requote sends a post of ours anew, because what it quotes is another matter
// now. It says nothing else than before: it is no edit.
func (o *Outbox) Requote(ctx context.Context, tx *store.Tx, p *store.Post) error {
	if err := o.Notify.Counted(tx, p); err != nil {
		return err
	}
	return o.resend(ctx, tx, p)
}

// resend brings a post to all who have it as it is now.
func (o *Outbox) resend(ctx context.Context, tx *store.Tx, p *store.Post) error {
	if p.HeldUntil != 0 || p.DeletedAt != 0 {
		return nil
	}
	author, _, inboxes, err := o.reach(tx.Reader, p)
	if err != nil {
		return err
	}
	note, err := o.Note(tx.Reader, p)
	if err != nil {
		return err
	}
	return o.publish(ctx, tx, author, p.URI, federation.Activity{ID: o.newURI("update"), Type: "Update", Actor: author.URI,
		To: note.To, Cc: note.Cc, Object: note}, inboxes)
}

// RevokeQuote takes back the leave by which a post quotes one of the actor's.
func (o *Outbox) RevokeQuote(ctx context.Context, actor, quoted, quoting int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := o.own(tx.Reader, actor, quoted)
		if err != nil {
			return err
		}
		q, err := tx.Quote(quoting)
		if err == nil && q.QuotedID != p.ID {
			err = fault.New(fault.NotFound, "Record not found")
		}
		if err != nil || q.State == store.QuoteRevoked {
			return err
		}
		by, err := tx.Post(quoting)
		if err != nil {
			return err
		}
		stamp, err := tx.Stamp(&store.QuoteStamp{QuotedID: p.ID, QuotingURI: by.URI, QuotingActorID: by.ActorID})
		if err != nil {
			return err
		}
		if err := tx.RevokeStamp(stamp.ID); err != nil {
			return err
		}
		q.State, q.AuthorizationURI = store.QuoteRevoked, ""
		if err := tx.SettleQuote(q); err != nil {
			return err
		}
		return o.tellRevoked(ctx, tx, p, by, stamp)
	})
}

// tellRevoked sends the end of a stamp to all who have either post.
func (o *Outbox) tellRevoked(ctx context.Context, tx *store.Tx, p, by *store.Post, stamp *store.QuoteStamp) error {
	me, who, err := pair(tx.Reader, p.ActorID, by.ActorID)
	if err != nil {
		return err
	}
	inboxes, err := o.inboxes(tx.Reader, p, []*store.Actor{who})
	if err != nil {
		return err
	}
	uri := o.stampURI(stamp)
	to, cc := audience(me, p.Visibility, []string{who.URI})
	if err := o.publish(ctx, tx, me, uri, federation.Activity{ID: uri + "/delete", Type: "Delete", Actor: me.URI, To: to, Cc: cc, Object: uri}, inboxes); err != nil {
		return err
	}
	if by.Local {
		return o.Requote(ctx, tx, by)
	}
	return o.Notify.Counted(tx, by)
}

// SetQuotePolicy changes who may quote a post of the author. Leave that was
// given stays.
func (o *Outbox) SetQuotePolicy(ctx context.Context, author, id int64, policy string) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := o.own(tx.Reader, author, id)
		if err != nil {
			return err
		}
		words, err := quotableBy(policy, p.Visibility)
		if err != nil || words == p.Quotable {
			return err
		}
		if err := tx.SetQuotable(p.ID, words, ""); err != nil {
			return err
		}
		p.Quotable = words
		return o.Requote(ctx, tx, p)
	})
}

// quoting writes into the document what the post quotes and who may quote it.
func (o *Outbox) quoting(r store.Reader, p *store.Post, author *store.Actor, n *federation.Note) error {
	n.InteractionPolicy = &federation.InteractionPolicy{}
	n.InteractionPolicy.CanQuote.AutomaticApproval = approved(p, author)
	if p.QuoteOfURI == "" {
		return nil
	}
	q, err := r.Quote(p.ID)
	if err != nil {
		return ignoreNone(err)
	}
	n.Quote, n.QuoteURI, n.MisskeyQuote, n.QuoteAuthorization = q.QuotedURI, q.QuotedURI, q.QuotedURI, q.AuthorizationURI
	n.Content = text.QuoteLine(q.QuotedURI) + n.Content
	return nil
}

// approved are those who may quote a post, as URIs. An empty list would be
// read as nothing said.
func approved(p *store.Post, author *store.Actor) []string {
	switch p.Quotable {
	case "public":
		return []string{federation.Public}
	case "followers":
		return []string{author.FollowersURI}
	}
	return []string{author.URI}
}

func (o *Outbox) stampURI(s *store.QuoteStamp) string {
	return fmt.Sprintf("%s/posts/%d/stamps/%d", o.URL, s.QuotedID, s.ID)
}
