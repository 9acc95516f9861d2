package mastodon

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// Bounds of a thread as it is shown.
const (
	maxAncestors   = 200
	maxDescendants = 600
)

// Context answers with what stands above and below a post.
func (a *API) Context(c *gin.Context) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	r := a.reader(c)
	post, err := r.VisiblePost(viewer(c), e.PostID)
	if err != nil {
		return err
	}
	if viewer(c) != 0 {
		a.Inbox.Open(contextOf(c), post)
	}
	above, below, err := r.Thread(viewer(c), post, maxAncestors, maxDescendants)
	if err != nil {
		return err
	}
	entries, err := r.Entries(viewer(c), slices.Concat(above, below))
	if err != nil {
		return err
	}
	if entries, err = heard(r, viewer(c), entries); err != nil {
		return err
	}
	s, err := a.sheet(r, viewer(c), entries)
	if err != nil {
		return err
	}
	entries = s.shown(entries, store.InThread)
	return write(c, func(b []byte) []byte {
		b = s.appendStatuses(append(b, `{"ancestors":`...), inOrder(entries, above))
		b = s.appendStatuses(append(b, `,"descendants":`...), inOrder(entries, below))
		return append(b, '}')
	})
}

// heard leaves out what those wrote whom the viewer has muted or blocked.
func heard(r store.Reader, viewer int64, entries []store.Entry) ([]store.Entry, error) {
	if viewer == 0 || len(entries) == 0 {
		return entries, nil
	}
	var authors []int64
	for _, e := range entries {
		authors = append(authors, e.ActorID)
		if e.BoostActorID != 0 {
			authors = append(authors, e.BoostActorID)
		}
	}
	relations, err := r.Relations(viewer, store.Unique(authors))
	if err != nil {
		return nil, err
	}
	hushed := map[int64]bool{}
	for _, r := range relations {
		hushed[r.ActorID] = r.Muting || r.Blocking || r.DomainBlocking
	}
	return slices.DeleteFunc(entries, func(e store.Entry) bool { return hushed[e.ActorID] || hushed[e.BoostActorID] }), nil
}

// edit is the entity StatusEdit.
type edit struct {
	Content          string          `json:"content"`
	SpoilerText      string          `json:"spoiler_text"`
	Sensitive        bool            `json:"sensitive"`
	CreatedAt        string          `json:"created_at"`
	Account          json.RawMessage `json:"account"`
	Poll             *editPoll       `json:"poll"`
	Quote            *struct{}       `json:"quote"`
	MediaAttachments []*attachment   `json:"media_attachments"`
	Emojis           []emoji         `json:"emojis"`
}

// editPoll is what a poll asked.
type editPoll struct {
	Options []editOption `json:"options"`
}

type editOption struct {
	Title string `json:"title"`
}

// pollWith is nil where nothing was asked.
func pollWith(titles []string) *editPoll {
	if len(titles) == 0 {
		return nil
	}
	return &editPoll{each(titles, func(title string) editOption { return editOption{title} })}
}

// History answers with what a post said, from the first to now.
func (a *API) History(c *gin.Context) error {
	e, err := a.original(c)
	if err != nil {
		return err
	}
	r := a.reader(c)
	post, err := r.VisiblePost(viewer(c), e.PostID)
	if err != nil {
		return err
	}
	versions, err := r.Versions(post.ID)
	if err != nil {
		return err
	}
	media, err := r.PostMedia([]int64{post.ID})
	if err != nil {
		return err
	}
	accounts, err := a.accounts(r, viewer(c), []int64{post.ActorID})
	if err != nil || len(accounts) == 0 {
		return err
	}
	polls, err := r.Polls([]int64{post.ID})
	if err != nil {
		return err
	}
	edits := make([]edit, 0, len(versions)+1)
	for _, v := range versions {
		edits = append(edits, a.version(post.URI, v, accounts[0]))
	}
	now := edit{
		Content: post.Content, SpoilerText: post.Spoiler, Sensitive: post.Sensitive, CreatedAt: moment(max(post.EditedAt, post.PublishedAt)),
		Account: accounts[0], MediaAttachments: a.attachments(post.URI, media[post.ID]), Emojis: a.emojis(post.URI, post.Emojis),
	}
	if poll := polls[post.ID]; poll != nil {
		now.Poll = pollWith(poll.Titles())
	}
	return answer(c, append(edits, now))
}

func (a *API) version(owner string, v *store.Version, account json.RawMessage) edit {
	e := edit{
		Content: v.Content, SpoilerText: v.Spoiler, Sensitive: v.Sensitive, CreatedAt: moment(v.CreatedAt),
		Account: account, Poll: pollWith(v.Options), MediaAttachments: []*attachment{}, Emojis: []emoji{},
	}
	for i := range v.Media {
		e.MediaAttachments = append(e.MediaAttachments, a.attachment(owner, &v.Media[i]))
	}
	return e
}
