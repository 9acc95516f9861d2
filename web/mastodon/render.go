package mastodon

import (
	"slices"
	"sync"

	"github.com/maypok86/otter/v2"

	"parley/internal/store"
)

// Cache keeps rendered posts and accounts, within a bound of bytes. One that
// changed has another revision, and takes the place of what was there.
type Cache struct {
	rendered *otter.Cache[cacheKey, *fragment]
	lenses   *otter.Cache[int64, *lens] // by person
}

// maxLenses is for how many people filters are kept ready.
const maxLenses = 4096

type cacheKey struct {
	account bool
	id      int64
}

// fragment is a rendered entity without its end, which differs between viewers:
// appendEnd writes that of a post, appendAccount that of an account.
type fragment struct {
	revision   int64
	json       []byte
	featurable string // of an account: who may recommend it
	actedBy    []byte // of a post of a shared account: who wrote it, for people of this node

	once  sync.Once
	words *words // for filters, once somebody has one
}

// NewCache makes a cache of at most so many bytes.
func NewCache(bytes uint64) *Cache {
	const overhead = 128 // of an entry, about
	return &Cache{
		rendered: otter.Must(&otter.Options[cacheKey, *fragment]{
			MaximumWeight: bytes,
			Weigher:       func(_ cacheKey, f *fragment) uint32 { return uint32(len(f.json) + overhead) },
		}),
		lenses: otter.Must(&otter.Options[int64, *lens]{MaximumSize: maxLenses}),
	}
}

// fresh is what is kept under the key, if it is of the revision or newer.
func (c *Cache) fresh(key cacheKey, revision int64) *fragment {
	if f, ok := c.rendered.GetIfPresent(key); ok && f.revision >= revision {
		return f
	}
	return nil
}

// sheet collects the rendered parts of one page.
type sheet struct {
	posts    map[int64]*fragment
	accounts map[int64]*fragment
	follows  map[int64]bool // whom the viewer follows, where that decides who may recommend them
	flags    map[int64]store.Flags
	filtered map[int64]filtered // by the post of an entry; nil where there are no filters
	polls    map[int64][]byte   // as the viewer sees them
	quotes   map[int64]quotation
	quotable map[int64][2]string // who may quote a post: automatically, manually
	shallow  bool                // quotes name the quoted post by its id
	viewer   int64

	showActedBy bool
}

// sheet gets everything that the entries need: what is kept, and the rest from
// the store in as many queries for forty posts as for one.
func (a *API) sheet(r store.Reader, viewer int64, entries []store.Entry) (*sheet, error) {
	s, err := a.plainSheet(r, viewer, entries)
	if err == nil {
		s.quotes, err = a.quotations(r, viewer, entries)
	}
	return s, err
}

// plainSheet is sheet without what is quoted.
func (a *API) plainSheet(r store.Reader, viewer int64, entries []store.Entry) (*sheet, error) {
	s := &sheet{posts: make(map[int64]*fragment, 2*len(entries)), accounts: make(map[int64]*fragment, len(entries)),
		quotable: make(map[int64][2]string, len(entries)), viewer: viewer, showActedBy: a.ShowActedBy}
	var posts, actors, shown []int64
	for _, e := range entries {
		s.quotable[originalOf(e)] = [2]string{e.Quotable, e.QuotableManually}
		a.want(s.posts, &posts, cacheKey{false, e.PostID}, e.Revision)
		a.want(s.accounts, &actors, cacheKey{true, e.ActorID}, e.ActorRevision)
		if e.BoostOfID == 0 {
			shown = append(shown, e.PostID)
			continue
		}
		shown = append(shown, e.BoostOfID)
		a.want(s.posts, &posts, cacheKey{false, e.BoostOfID}, e.BoostRevision)
		a.want(s.accounts, &actors, cacheKey{true, e.BoostActorID}, e.BoostActorRevision)
	}
	if err := a.fill(r, s, posts, actors); err != nil {
		return nil, err
	}
	var err error
	if s.follows, err = choosyFollowed(r, viewer, s.accounts); err != nil {
		return nil, err
	}
	marks, err := r.Marks(viewer, shown)
	if err != nil {
		return nil, err
	}
	s.flags = marks.Flags
	if s.polls, err = a.ballots(r, viewer, entries); err != nil {
		return nil, err
	}
	l, err := a.lens(r, viewer, marks.Filters)
	a.filter(s, l, viewer, entries)
	return s, err
}

// want takes a part from the cache, or notes that it is missing.
func (a *API) want(have map[int64]*fragment, missing *[]int64, key cacheKey, revision int64) {
	if _, ok := have[key.id]; ok {
		return
	}
	f := a.Cache.fresh(key, revision)
	have[key.id] = f
	if f == nil {
		*missing = append(*missing, key.id)
	}
}

// fill renders what was missing and keeps it.
func (a *API) fill(r store.Reader, s *sheet, posts, actors []int64) error {
	if len(posts) == 0 && len(actors) == 0 {
		return nil
	}
	from, err := a.load(r, posts, actors)
	if err != nil {
		return err
	}
	for _, id := range posts {
		if p := from.posts[id]; p != nil {
			s.posts[id] = a.renderPost(p, from)
		}
	}
	for _, id := range actors {
		if actor := from.actors[id]; actor != nil {
			s.accounts[id] = a.renderAccount(actor, from)
		}
	}
	return nil
}

// load reads the rows of the posts and actors, and of what hangs on them.
func (a *API) load(r store.Reader, posts, actors []int64) (from parts, err error) {
	if len(posts) > 0 {
		if from.posts, err = r.Posts(posts); err != nil {
			return from, err
		}
		if from.media, err = r.PostMedia(posts); err != nil {
			return from, err
		}
		if from.mentions, err = r.PostMentions(posts); err != nil {
			return from, err
		}
		if from.cards, err = r.PostCards(posts); err != nil {
			return from, err
		}
		if from.apps, err = a.apps(r, from.posts); err != nil {
			return from, err
		}
	}
	actors = slices.Clone(actors)
	for _, p := range from.posts {
		if p.ActedBy != 0 {
			actors = append(actors, p.ActedBy)
		}
	}
	for _, all := range from.mentions {
		for _, m := range all {
			actors = append(actors, m.ActorID)
		}
	}
	if from.actors, err = r.Actors(store.Unique(actors)); err != nil {
		return from, err
	}
	return from, a.around(r, &from)
}

// around reads what the entities of the actors say of others: where they moved
// to, and what role ours have.
func (a *API) around(r store.Reader, from *parts) (err error) {
	if from.moved, err = a.moved(r, from.actors); err != nil {
		return err
	}
	var ours []int64
	for id, actor := range from.actors {
		if actor.Local() {
			ours = append(ours, id)
		}
	}
	from.roles, err = r.Roles(ours)
	return err
}

func (a *API) apps(r store.Reader, posts map[int64]*store.Post) (map[int64]*store.App, error) {
	var ids []int64
	for _, p := range posts {
		if p.AppID != 0 {
			ids = append(ids, p.AppID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return r.Apps(store.Unique(ids))
}

// moved are the accounts that some of the actors moved to, as far as known.
func (a *API) moved(r store.Reader, actors map[int64]*store.Actor) (map[string]*store.Actor, error) {
	var uris []string
	for _, actor := range actors {
		if actor.MovedToURI != "" {
			uris = append(uris, actor.MovedToURI)
		}
	}
	if len(uris) == 0 {
		return nil, nil
	}
	return r.ActorsByURI(uris)
}

func (a *API) renderPost(p *store.Post, from parts) *fragment {
	b := encode(a.status(p, from))
	f := &fragment{revision: p.Revision, json: slices.Clip(b[:len(b)-1])}
	if by := from.actors[p.ActedBy]; by != nil && p.ActedBy != p.ActorID {
		f.actedBy = encode(actedBy{ID: id(by.ID), Username: by.Username, Acct: by.Acct(), URL: a.profileURL(by)})
	}
	a.Cache.rendered.Set(cacheKey{false, p.ID}, f)
	return f
}

func (a *API) renderAccount(actor *store.Actor, from parts) *fragment {
	b := encode(a.account(actor, from))
	f := &fragment{revision: actor.Revision, json: slices.Clip(b[:len(b)-len(accountEnd)]), featurable: featurable(actor)}
	a.Cache.rendered.Set(cacheKey{true, actor.ID}, f)
	return f
}

// whole reports whether everything of an entry is at hand: a post may have
// gone between two queries.
func (s *sheet) whole(e store.Entry) bool {
	return s.posts[e.PostID] != nil && s.accounts[e.ActorID] != nil &&
		(e.BoostOfID == 0 || s.posts[e.BoostOfID] != nil && s.accounts[e.BoostActorID] != nil)
}

// appendStatus writes the entity Status of an entry.
func (s *sheet) appendStatus(b []byte, e store.Entry) []byte {
	filtered := s.filtered[e.PostID].json
	if e.BoostOfID == 0 {
		return s.appendEnd(append(append(b, s.posts[e.PostID].json...), `,"reblog":null`...), e.PostID, e.ActorID, s.flags[e.PostID], filtered)
	}
	flags := s.flags[e.BoostOfID]
	b = append(append(b, s.posts[e.PostID].json...), `,"reblog":`...)
	b = append(append(b, s.posts[e.BoostOfID].json...), `,"reblog":null`...)
	b = s.appendEnd(b, e.BoostOfID, e.BoostActorID, flags, filtered)
	flags.Pinned = false
	return s.appendEnd(b, e.PostID, e.ActorID, flags, filtered)
}

func (s *sheet) appendEnd(b []byte, post, author int64, f store.Flags, filtered []byte) []byte {
	b = append(b, `,"poll":`...)
	if poll := s.polls[post]; poll != nil {
		b = append(b, poll...)
	} else {
		b = append(b, "null"...)
	}
	b = s.appendQuote(b, post, author, f)
	b = appendAccount(append(b, `,"account":`...), s.accounts[author], s.viewer, author, s.follows[author])
	b = s.appendActedBy(b, post)
	b = appendFlag(b, `,"favourited":`, f.Favourited)
	b = appendFlag(b, `,"reblogged":`, f.Boosted)
	b = appendFlag(b, `,"bookmarked":`, f.Bookmarked)
	b = appendFlag(b, `,"pinned":`, f.Pinned)
	b = appendFlag(b, `,"muted":`, f.Muted)
	if filtered == nil {
		return append(b, `,"filtered":[],"text":null}`...)
	}
	return append(append(append(b, `,"filtered":`...), filtered...), `,"text":null}`...)
}

// actedBy is who wrote a post of a shared account. It is not Mastodon's, and there
// only where the node's owner wants it shown; strangers are never told.
type actedBy struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Acct     string `json:"acct"`
	URL      string `json:"url"`
}

func (s *sheet) appendActedBy(b []byte, post int64) []byte {
	if !s.showActedBy {
		return b
	}
	b = append(b, `,"acted_by":`...)
	if f := s.posts[post]; s.viewer != 0 && f != nil && f.actedBy != nil {
		return append(b, f.actedBy...)
	}
	return append(b, "null"...)
}

func appendFlag(b []byte, key string, on bool) []byte {
	b = append(b, key...)
	if on {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// appendStatuses writes an array of the entries.
func (s *sheet) appendStatuses(b []byte, entries []store.Entry) []byte {
	b = append(b, '[')
	first := true
	for _, e := range entries {
		if !s.whole(e) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = s.appendStatus(b, e)
	}
	return append(b, ']')
}
