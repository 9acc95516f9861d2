package mastodon

import (
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
	"parley/outbox"
)

// quotation is what a post of a page quotes, as its viewer sees it: the entity
// Quote or, with an id in place of the post, ShallowQuote.
// https://docs.joinmastodon.org/entities/Quote/
type quotation struct {
	state  string
	quoted int64  // 0: what is quoted is not for the viewer
	post   []byte // the entity of the quoted post; nil below the second level
}

// quotations are what the posts of a page quote. It takes as many queries for
// forty as for one, and none where nothing is quoted.
func (a *API) quotations(r store.Reader, viewer int64, entries []store.Entry) (map[int64]quotation, error) {
	var posts []int64
	for _, e := range entries {
		if e.Quotes {
			posts = append(posts, originalOf(e))
		}
	}
	if len(posts) == 0 {
		return nil, nil
	}
	shown, seen, err := a.quotedBy(r, viewer, posts)
	if err != nil || len(seen) == 0 {
		return shown, err
	}
	s, err := a.quotedSheet(r, viewer, seen)
	if err != nil {
		return nil, err
	}
	for post, q := range shown {
		e, ok := seen[q.quoted]
		if q.state != store.QuoteAccepted || !ok || !s.whole(e) {
			continue
		}
		q.post = s.appendStatus(nil, e)
		shown[post] = q
	}
	return shown, nil
}

// originalOf is the post that an entry shows: itself, or what it boosts.
func originalOf(e store.Entry) int64 {
	if e.BoostOfID != 0 {
		return e.BoostOfID
	}
	return e.PostID
}

// quotedBy are what the posts quote and in which state that is for the viewer,
// and the entries of those quoted posts that the viewer may see.
func (a *API) quotedBy(r store.Reader, viewer int64, posts []int64) (map[int64]quotation, map[int64]store.Entry, error) {
	rows, err := r.Quotes(posts)
	if err != nil {
		return nil, nil, err
	}
	var ids []int64
	for _, q := range rows {
		if q.State == store.QuoteAccepted {
			ids = append(ids, q.QuotedID)
		}
	}
	entries, err := r.Entries(viewer, unique(ids))
	if err != nil {
		return nil, nil, err
	}
	hushed, err := hushedAmong(r, viewer, entries)
	if err != nil {
		return nil, nil, err
	}
	gone, err := a.gone(r, ids, entries)
	if err != nil {
		return nil, nil, err
	}
	seen := make(map[int64]store.Entry, len(entries))
	for _, e := range entries {
		seen[e.PostID] = e
	}
	shown := make(map[int64]quotation, len(rows))
	for post, q := range rows {
		state := q.State
		e, ok := seen[q.QuotedID]
		switch {
		case state != store.QuoteAccepted && q.Legacy:
			continue // it is a link, as its author's software made it
		case state != store.QuoteAccepted:
		case ok && hushed[e.ActorID] != "":
			state = hushed[e.ActorID]
		case !ok && gone[q.QuotedID]:
			state = "deleted"
		case !ok:
			state = "unauthorized"
		}
		shown[post] = quotation{state: state}
		if state == store.QuoteAccepted {
			shown[post] = quotation{state: state, quoted: q.QuotedID}
		}
	}
	return shown, seen, nil
}

// hushedAmong says of the authors whom the viewer does not want to hear why.
func hushedAmong(r store.Reader, viewer int64, entries []store.Entry) (map[int64]string, error) {
	if viewer == 0 || len(entries) == 0 {
		return nil, nil
	}
	var authors []int64
	for _, e := range entries {
		authors = append(authors, e.ActorID)
	}
	relations, err := r.Relations(viewer, unique(authors))
	why := map[int64]string{}
	for _, rel := range relations {
		switch {
		case rel.Blocking:
			why[rel.ActorID] = "blocked_account"
		case rel.DomainBlocking:
			why[rel.ActorID] = "blocked_domain"
		case rel.Muting:
			why[rel.ActorID] = "muted_account"
		}
	}
	return why, err
}

// gone are those of the posts, hidden from a viewer, of which anybody may know
// that they were deleted: they were for everybody.
func (a *API) gone(r store.Reader, ids []int64, seen []store.Entry) (map[int64]bool, error) {
	if len(seen) == len(ids) {
		return nil, nil
	}
	posts, err := r.Posts(unique(ids))
	gone := map[int64]bool{}
	for id, p := range posts {
		gone[id] = p.DeletedAt != 0 && p.Scope == store.World && (p.Visibility == store.Public || p.Visibility == store.Unlisted)
	}
	return gone, err
}

// quotedSheet is a sheet of quoted posts, which name what they quote themselves
// by its id alone.
func (a *API) quotedSheet(r store.Reader, viewer int64, seen map[int64]store.Entry) (*sheet, error) {
	var entries []store.Entry
	var posts []int64
	for _, e := range seen {
		if entries = append(entries, e); e.Quotes {
			posts = append(posts, e.PostID)
		}
	}
	s, err := a.plainSheet(r, viewer, entries)
	if err != nil {
		return nil, err
	}
	if s.shallow = true; len(posts) == 0 {
		return s, err
	}
	s.quotes, _, err = a.quotedBy(r, viewer, posts)
	return s, err
}

// appendQuote writes what a post quotes and who may quote it.
func (s *sheet) appendQuote(b []byte, post, author int64, f store.Flags) []byte {
	b = append(b, `,"quote":`...)
	q, ok := s.quotes[post]
	switch {
	case !ok:
		b = append(b, "null"...)
	case s.shallow:
		b = append(append(append(b, `{"state":"`...), q.state...), `","quoted_status_id":`...)
		if b = append(b, "null"...); q.quoted != 0 {
			b = append(append(append(b[:len(b)-len("null")], '"'), id(q.quoted)...), '"')
		}
		b = append(b, '}')
	default:
		b = append(append(append(b, `{"state":"`...), q.state...), `","quoted_status":`...)
		if q.post == nil {
			b = append(b, "null"...)
		}
		b = append(append(b, q.post...), '}')
	}
	return append(append(b, `,"quote_approval":`...), s.approval(post, author, f)...)
}

// approval is the entity QuoteApproval of a post.
func (s *sheet) approval(post, author int64, f store.Flags) []byte {
	p := s.quotable[post]
	e := approval{Automatic: inWords(p[0]), Manual: inWords(p[1]), CurrentUser: string(outbox.Denied)}
	if s.viewer != 0 {
		e.CurrentUser = string(outbox.LeaveToQuote(p[0], p[1], s.viewer == author, f.Follows, f.Followed))
	}
	return encode(e)
}

func inWords(words string) []string { return append([]string{}, strings.Fields(words)...) }

// Quotes answers with the posts that quote the one in the path.
func (a *API) Quotes(c *gin.Context) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	page := pageOf(c, statusLimits)
	entries, err := a.reader(c).QuotesOf(viewer(c), e.PostID, page)
	return a.statuses(c, anywhere, page, entries, err)
}

// RevokeQuote has a post quote the viewer's no longer, and answers with it.
func (a *API) RevokeQuote(c *gin.Context) error {
	post, _, err := a.own(c)
	if err != nil {
		return err
	}
	by := number(c.Param("quoting"))
	if by == 0 {
		return errNotFound
	}
	if err := a.Outbox.RevokeQuote(contextOf(c), viewer(c), post.ID, by); err != nil {
		return err
	}
	return a.show(c, by)
}

// SetQuotePolicy changes who may quote one of the viewer's posts.
func (a *API) SetQuotePolicy(c *gin.Context) error {
	post, p, err := a.own(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.SetQuotePolicy(contextOf(c), viewer(c), post.ID, p.text("quote_approval_policy")); err != nil {
		return err
	}
	return a.show(c, post.ID)
}
