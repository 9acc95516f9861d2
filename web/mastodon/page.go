package mastodon

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// limits of a list: what is given unasked, and at most.
type limits struct{ usual, most int }

var (
	statusLimits  = limits{20, 40}
	accountLimits = limits{40, 80}
	noticeLimits  = limits{40, 80}
)

// pageOf reads which part of a list is asked for. Too large a limit is cut and
// not refused: clients ask for more than there is.
func pageOf(c *gin.Context, l limits) store.Page {
	return store.Page{
		Max: number(c.Query("max_id")), Since: number(c.Query("since_id")), Min: number(c.Query("min_id")),
		Limit: l.of(c.Query("limit")),
	}
}

func (l limits) of(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return l.usual
	}
	return min(n, l.most)
}

// link tells where the list goes on, before and after the keys of this page.
// An empty page has no Link: there are clients that would follow it for ever.
// "next" stands first and the ids stand literally, because clients read the
// header with regular expressions.
func (a *API) link(c *gin.Context, page store.Page, first, last int64) {
	if first == 0 {
		return
	}
	q := c.Request.URL.Query()
	for _, gone := range []string{"max_id", "since_id", "min_id", "limit", "access_token"} {
		q.Del(gone)
	}
	var b strings.Builder
	b.WriteByte('<')
	b.WriteString(a.pageURL(c, q, page, "max_id", last))
	b.WriteString(`>; rel="next", <`)
	b.WriteString(a.pageURL(c, q, page, "min_id", first))
	b.WriteString(`>; rel="prev"`)
	c.Header("Link", b.String())
}

func (a *API) pageURL(c *gin.Context, q url.Values, page store.Page, bound string, key int64) string {
	query := "limit=" + strconv.Itoa(page.Limit) + "&" + bound + "=" + id(key)
	if len(q) > 0 {
		query = q.Encode() + "&" + query
	}
	return a.URL + c.Request.URL.EscapedPath() + "?" + query
}

// statuses answers with a page of a timeline, without what the viewer hides in
// the context.
func (a *API) statuses(c *gin.Context, context string, page store.Page, entries []store.Entry, err error) error {
	if err != nil {
		return err
	}
	s, err := a.sheet(a.reader(c), viewer(c), entries)
	if err != nil {
		return err
	}
	if n := len(entries); n > 0 {
		a.link(c, page, entries[0].Key, entries[n-1].Key)
	}
	return write(c, func(b []byte) []byte { return s.appendStatuses(b, s.shown(entries, context)) })
}

// accountPage answers with a page of a list of accounts.
func (a *API) accountPage(c *gin.Context, page store.Page, listed []store.Listed, err error) error {
	if err != nil {
		return err
	}
	ids := make([]int64, len(listed))
	for i, l := range listed {
		ids[i] = l.ActorID
	}
	accounts, err := a.accounts(a.reader(c), viewer(c), ids)
	if err != nil {
		return err
	}
	if n := len(listed); n > 0 {
		a.link(c, page, listed[0].Key, listed[n-1].Key)
	}
	return answer(c, accounts)
}

// portion is a part of a list that has no keys to be paged by.
type portion struct{ limit, offset int }

// maxOffset is how far one can leaf by offset.
const maxOffset = 10_000

func portionOf(c *gin.Context, l limits) portion {
	return portion{l.of(c.Query("limit")), int(min(number(c.Query("offset")), maxOffset))}
}

// leaf takes what is over from rows that were asked for with one more than the
// portion has, and tells where the list goes on.
func leaf[T any](a *API, c *gin.Context, p portion, rows []T) []T {
	var links []string
	at := func(offset int, rel string) {
		links = append(links, "<"+a.URL+c.Request.URL.EscapedPath()+"?limit="+strconv.Itoa(p.limit)+"&offset="+strconv.Itoa(offset)+`>; rel="`+rel+`"`)
	}
	if len(rows) > p.limit && p.offset+p.limit <= maxOffset {
		at(p.offset+p.limit, "next")
	}
	if p.offset > 0 {
		at(max(p.offset-p.limit, 0), "prev")
	}
	if len(links) > 0 {
		c.Header("Link", strings.Join(links, ", "))
	}
	return rows[:min(len(rows), p.limit)]
}
