package ui

import (
	"cmp"
	"html"
	"html/template"
	"net/url"
	"path"
	"regexp"
	"strings"

	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// account makes the view of somebody, without how the reader stands to them.
func (u *UI) account(a *store.Actor) ViewAccount {
	v := ViewAccount{
		ID: id(a.ID), Name: a.Name(), Handle: "@" + a.Acct(), Link: profileLink(a), Host: a.Domain,
		Avatar: u.fileURL(a.URI, a.Avatar), Header: u.fileURL(a.URI, a.Header), Note: template.HTML(a.Note),
		Locked: a.Locked, Joined: a.CreatedAt.Time(),
		Posts: max(a.StatusesCount, 0), Followers: max(a.FollowersCount, 0), Following: max(a.FollowingCount, 0),
		drawn: u.drawn(a.URI, a.Emojis),
	}
	switch {
	case a.Kind == "Group":
		v.Badge = "group"
	case a.Shared():
		v.Badge = "shared"
	case a.Kind == "Organization":
		v.Badge = "organisation"
	case a.Bot || a.Kind == "Service" || a.Kind == "Application":
		v.Badge = "bot"
	case a.Lifecycle == store.Deprovisioned:
		v.Badge = "has left"
	}
	if !a.Local() {
		v.Original = cmp.Or(a.URL, a.URI)
	}
	for _, f := range a.Fields {
		v.Fields = append(v.Fields, ViewField{Name: f.Name, Value: template.HTML(f.Value), Verified: f.VerifiedAt != 0})
	}
	return v
}

func profileLink(a *store.Actor) string { return "/@" + a.Acct() }

func postLink(a *store.Actor, post int64) string { return profileLink(a) + "/" + id(post) }

// stands adds how the reader stands to the account.
func (v *ViewAccount) stands(reader int64, r *store.Relation) {
	v.Self = v.ID == id(reader)
	if r != nil {
		v.IsFollowed, v.IsRequested, v.FollowsYou = r.Following, r.Requested, r.FollowedBy
		v.IsMuted, v.IsBlocked = r.Muting, r.Blocking
	}
}

// accounts makes the views of several people, in the order of ids.
func (u *UI) accounts(r store.Reader, reader int64, ids []int64) ([]ViewAccount, error) {
	actors, err := r.Actors(ids)
	if err != nil {
		return nil, err
	}
	relations, err := relationsTo(r, reader, ids)
	if err != nil {
		return nil, err
	}
	var views []ViewAccount
	for _, id := range ids {
		if a := actors[id]; a != nil && !a.Hidden() {
			v := u.account(a)
			v.stands(reader, relations[id])
			views = append(views, v)
		}
	}
	return views, nil
}

func relationsTo(r store.Reader, reader int64, ids []int64) (map[int64]*store.Relation, error) {
	found := map[int64]*store.Relation{}
	if reader == 0 || len(ids) == 0 {
		return found, nil
	}
	relations, err := r.Relations(reader, ids)
	for _, relation := range relations {
		found[relation.ActorID] = relation
	}
	return found, err
}

// rows are what the posts of one page are made of.
type rows struct {
	posts    map[int64]*store.Post
	media    map[int64][]*store.Media
	mentions map[int64][]store.Mention
	actors   map[int64]*store.Actor
	flags    map[int64]store.Flags
	polls    map[int64]*store.Poll
	chosen   map[int64][]int
	quotes   map[int64]store.Quotation
	cards    map[int64]*store.Card
}

// load reads the rows of entries, in as many queries for twenty as for one.
func load(r store.Reader, reader int64, entries []store.Entry) (from rows, err error) {
	quoted, err := from.loadQuotes(r, reader, entries)
	if err != nil {
		return from, err
	}
	var ids, actors []int64
	for _, e := range append(quoted, entries...) {
		ids, actors = append(ids, e.PostID), append(actors, e.ActorID)
		if e.BoostOfID != 0 {
			ids, actors = append(ids, e.BoostOfID), append(actors, e.BoostActorID)
		}
	}
	ids = store.Unique(ids)
	if from.posts, err = r.Posts(ids); err != nil {
		return from, err
	}
	if from.media, err = r.PostMedia(ids); err != nil {
		return from, err
	}
	if from.mentions, err = r.PostMentions(ids); err != nil {
		return from, err
	}
	if from.cards, err = r.PostCards(ids); err != nil {
		return from, err
	}
	marks, err := r.Marks(reader, ids)
	if err != nil {
		return from, err
	}
	from.flags = marks.Flags
	if err := from.loadPolls(r, reader); err != nil {
		return from, err
	}
	for _, p := range from.posts {
		actors = append(actors, p.InReplyToActorID, p.ActedBy)
	}
	for _, all := range from.mentions {
		for _, m := range all {
			actors = append(actors, m.ActorID)
		}
	}
	from.actors, err = r.Actors(store.Unique(actors))
	return from, err
}

// posts makes the views of the entries. A post that went between two queries
// is left out.
func (u *UI) posts(r store.Reader, reader int64, entries []store.Entry) ([]ViewPost, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	from, err := load(r, reader, entries)
	if err != nil {
		return nil, err
	}
	views := make([]ViewPost, 0, len(entries))
	for _, e := range entries {
		if v, ok := u.entry(reader, e, from); ok {
			views = append(views, v)
		}
	}
	return views, nil
}

func (u *UI) entry(reader int64, e store.Entry, from rows) (ViewPost, bool) {
	if e.BoostOfID == 0 {
		return u.whole(reader, e.PostID, from)
	}
	v, ok := u.whole(reader, e.BoostOfID, from)
	booster := from.actors[e.ActorID]
	if !ok || booster == nil {
		return v, false
	}
	by := u.account(booster)
	v.BoostedBy = &by
	return v, true
}

// whole makes the view of one post with what it quotes.
func (u *UI) whole(reader, post int64, from rows) (ViewPost, bool) {
	v, ok := u.post(reader, post, from)
	if ok {
		v.Quote = u.quote(reader, post, from)
	}
	return v, ok
}

// post makes the view of one post alone.
func (u *UI) post(reader, post int64, from rows) (ViewPost, bool) {
	p := from.posts[post]
	if p == nil || from.actors[p.ActorID] == nil {
		return ViewPost{}, false
	}
	author, flags := from.actors[p.ActorID], from.flags[p.ID]
	v := ViewPost{
		ID: id(p.ID), Link: postLink(author, p.ID), Author: u.account(author),
		Spoiler: p.Spoiler, Sensitive: p.Sensitive, Content: u.content(p, from), Language: p.Language,
		Media: u.media(p.URI, from.media[p.ID]), Visibility: string(p.Visibility), Audience: audience(p),
		Posted: p.PublishedAt.Time(), Edited: p.EditedAt.Time(), HeldUntil: p.HeldUntil.Time(),
		Replies: p.RepliesCount, Boosts: p.BoostsCount, Favourites: p.FavouritesCount,
		Favourited: flags.Favourited, Boosted: flags.Boosted, Bookmarked: flags.Bookmarked,
		Mine: p.ActorID == reader, SignedIn: reader != 0,
		drawn: u.drawn(p.URI, p.Emojis),
	}
	v.Card = u.card(from.cards[p.ID])
	if poll := from.polls[p.ID]; poll != nil {
		v.Poll = pollView(poll, from.chosen[p.ID], v.SignedIn && !v.Mine)
	}
	v.CanBoost = p.Visibility == store.Public || p.Visibility == store.Unlisted || v.Mine && p.Visibility == store.Private
	v.CanQuote = v.SignedIn && v.CanBoost && p.HeldUntil == 0 && outbox.LeaveToQuote(p.Quotable, p.QuotableManually, v.Mine, flags.Follows, flags.Followed) != outbox.Denied
	if !p.Local {
		v.Original = cmp.Or(p.URL, p.URI)
	}
	if to := from.actors[p.InReplyToActorID]; to != nil {
		v.ReplyTo = "@" + to.Acct()
		if p.InReplyToID != 0 {
			v.ReplyLink = postLink(to, p.InReplyToID)
		}
	}
	if by := from.actors[p.ActedBy]; u.ShowActedBy && reader != 0 && by != nil && p.ActedBy != p.ActorID {
		v.ActedBy = "@" + by.Acct()
	}
	return v, true
}

// audience says in words who gets a post.
func audience(p *store.Post) string {
	words := map[store.Visibility]string{
		store.Public: "Everybody", store.Unlisted: "Everybody, but not in public timelines",
		store.Private: "Followers", store.Direct: "Only who is mentioned",
	}[p.Visibility]
	switch p.Scope {
	case store.Here:
		words += ", on this node only"
	case store.Organisation:
		words += ", inside the organisation"
	case store.Partners:
		words += ", here and at partners"
	}
	return words
}

// fileURL is where this node shows a picture of the post or profile owner.
func (u *UI) fileURL(owner, path string) string {
	if strings.Contains(path, "://") {
		return u.Remote.Address(owner, path)
	}
	return u.Actors.MediaURL(path)
}

// media makes the views of what hangs on the post owner.
func (u *UI) media(owner string, all []*store.Media) []ViewMedia {
	var views []ViewMedia
	for _, m := range all {
		link, preview := u.Actors.MediaURL(m.Path), u.Actors.MediaURL(m.PreviewPath)
		if m.RemoteURL != "" {
			link, preview = u.Remote.Shown(owner, m)
		}
		v := ViewMedia{ID: id(m.ID), Kind: m.Kind, Link: link, Preview: preview, Description: m.Description, Width: m.PreviewWidth, Height: m.PreviewHeight}
		if m.Kind == "gifv" {
			v.Kind = "video"
		}
		if v.Kind == "image" && v.Preview == "" {
			v.Preview, v.Width, v.Height = link, m.Width, m.Height
		}
		if v.Width == 0 {
			v.Width, v.Height = m.Width, m.Height
		}
		views = append(views, v)
	}
	return views
}

var (
	anchor    = regexp.MustCompile(`<a [^>]*>`)
	reference = regexp.MustCompile(` href="([^"]*)"`)
	newWindow = regexp.MustCompile(` target="_blank"`)
)

// content is the text of a post, sanitised when it came. Its mentions and tags
// lead to our own pages instead of to other servers.
func (u *UI) content(p *store.Post, from rows) template.HTML {
	pages := map[string]string{}
	for _, m := range from.mentions[p.ID] {
		if a := from.actors[m.ActorID]; a != nil {
			pages[a.URI], pages[cmp.Or(a.URL, a.URI)] = profileLink(a), profileLink(a)
		}
	}
	return template.HTML(anchor.ReplaceAllStringFunc(p.Content, func(tag string) string {
		href := reference.FindStringSubmatch(tag)
		if href == nil || !strings.Contains(tag, "mention") {
			return tag
		}
		target := html.UnescapeString(href[1])
		ours := pages[target]
		if ours == "" && strings.Contains(tag, "hashtag") {
			ours = tagLink(target)
		}
		if ours == "" {
			return tag
		}
		tag = newWindow.ReplaceAllString(tag, "")
		return strings.Replace(tag, href[0], ` href="`+html.EscapeString(ours)+`"`, 1)
	}))
}

// tagLink is our page for the tag that an address of another server names.
func tagLink(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name := text.TagName(path.Base(at.Path)); name != "" {
		return "/tags/" + url.PathEscape(name)
	}
	return ""
}

// excerpt is the beginning of a post, for titles and previews.
func excerpt(p ViewPost, n int) string {
	return text.Excerpt(cmp.Or(p.Spoiler, text.Plain(string(p.Content))), n)
}
