package mastodon

import (
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
	"parley/outbox"
)

// quotation is what a post of a page quotes: the entity Quote or, with an id in
// place of the post, ShallowQuote.
type quotation struct {
	store.Quotation
	post []byte // the entity of the quoted post; nil below the second level
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
	what, seen, err := r.Quotations(viewer, posts)
	if err != nil {
		return nil, err
	}
	shown := quoting(what)
	if len(seen) == 0 {
		return shown, nil
	}
	s, err := a.quotedSheet(r, viewer, seen)
	if err != nil {
		return nil, err
	}
	for post, q := range shown {
		if e, ok := seen[q.Quoted]; ok && s.whole(e) {
			q.post = s.appendStatus(nil, e)
			shown[post] = q
		}
	}
	return shown, nil
}

func quoting(what map[int64]store.Quotation) map[int64]quotation {
	shown := make(map[int64]quotation, len(what))
	for post, q := range what {
		shown[post] = quotation{Quotation: q}
	}
	return shown
}

// originalOf is the post that an entry shows: itself, or what it boosts.
func originalOf(e store.Entry) int64 {
	if e.BoostOfID != 0 {
		return e.BoostOfID
	}
	return e.PostID
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
	what, _, err := r.Quotations(viewer, posts)
	s.quotes = quoting(what)
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
		b = append(append(append(b, `{"state":"`...), q.State...), `","quoted_status_id":`...)
		if b = append(b, "null"...); q.Quoted != 0 {
			b = append(append(append(b[:len(b)-len("null")], '"'), id(q.Quoted)...), '"')
		}
		b = append(b, '}')
	default:
		b = append(append(append(b, `{"state":"`...), q.State...), `","quoted_status":`...)
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
