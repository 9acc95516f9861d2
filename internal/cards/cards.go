package cards

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/text"
)

// Cards makes the cards of posts. Nil makes none.
type Cards struct {
	DB     *store.DB
	Queue  *queue.Queue
	HTTP   *safehttp.Client
	Remote *media.Remote
	Bars   func(federation.Host) bool
	URL    string // of this node, without a slash at its end
	Log    *slog.Logger

	flight singleflight.Group
}

// How long a card is as good as new, and how long one that could not be had is
// not asked for again. patience is for one page.
const (
	fresh    = 14 * 24 * time.Hour
	again    = time.Hour
	patience = 5 * time.Second
	maxURL   = 2048
)

// Job makes the card of a post.
type Job struct {
	PostID int64 `json:"post_id"`
}

// Kind names the job.
func (Job) Kind() string { return "card" }

// Want has a card made for a post that is sent, or was edited. All servers that
// have a remote post would ask the page in one second, so each waits for a while
// of its own.
func (c *Cards) Want(ctx context.Context, tx *store.Tx, p *store.Post) error {
	if c == nil {
		return nil
	}
	if c.link(p) == "" {
		return tx.SetCard(p.ID, 0)
	}
	var wait time.Duration
	if !p.Local {
		wait = rand.N(time.Minute)
	}
	return c.Queue.InsertAt(ctx, tx, Job{PostID: p.ID}, time.Now().Add(wait))
}

// link is the address that the card of a post is about, empty for none: the
// first that leads out of this node. What a post for few links to, one that is
// held, or one that does not leave this node, is told to nobody.
func (c *Cards) link(p *store.Post) string {
	if p.DeletedAt != 0 || p.HeldUntil != 0 || p.Visibility == store.Direct || p.Scope != store.World {
		return ""
	}
	for _, link := range text.Links(p.Content) {
		u, err := url.Parse(link)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(link) > maxURL || c.barred(u) {
			continue
		}
		u.Fragment = ""
		if page := u.String(); page != p.QuoteOfURI && !strings.HasPrefix(page+"/", c.URL+"/") {
			return page
		}
	}
	return ""
}

// Make carries out the job.
func (c *Cards) Make(ctx context.Context, job Job) error {
	if c == nil {
		return nil // switched off meanwhile
	}
	p, err := c.DB.With(ctx).Post(job.PostID)
	if err != nil {
		return ignoreNone(err)
	}
	link := c.link(p)
	if link == "" {
		return nil
	}
	card, err := c.card(ctx, link)
	if err != nil {
		return err
	}
	return c.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Post(p.ID)
		if err != nil || c.link(p) != link { // it was edited meanwhile, and has another job
			return ignoreNone(err)
		}
		if card.Title == "" {
			return tx.SetCard(p.ID, 0)
		}
		return tx.SetCard(p.ID, card.ID)
	})
}

func ignoreNone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// card is what the page at the address says, asked where that was long ago.
// Whoever asks for the same meanwhile waits for it.
func (c *Cards) card(ctx context.Context, link string) (*store.Card, error) {
	found, err, _ := c.flight.Do(link, func() (any, error) {
		card, err := c.DB.With(ctx).CardByURL(link)
		switch {
		case err == nil && card.FreshUntil > store.Now():
			return card, nil
		case fault.Is(err, fault.NotFound):
			card = &store.Card{ID: store.NewID(), URL: link, Kind: "link"}
		case err != nil:
			return nil, err
		}
		c.ask(ctx, card)
		return card, c.DB.Write(ctx, func(tx *store.Tx) error { return tx.SaveCard(card) })
	})
	card, _ := found.(*store.Card)
	return card, err
}

// ask brings a card up to date. Where that fails it stays as it is for a while.
func (c *Cards) ask(ctx context.Context, card *store.Card) {
	card.FreshUntil = store.Now().Add(again)
	said, err := c.read(ctx, card.URL)
	if err != nil {
		c.Log.InfoContext(ctx, "cannot read a page for its card", "url", card.URL, "error", err)
		return
	}
	said.ID, said.URL, said.FreshUntil = card.ID, card.URL, store.Now().Add(fresh)
	if said.ImageURL != "" {
		if err := c.picture(ctx, said); err != nil {
			c.Log.InfoContext(ctx, "cannot fetch the picture of a card", "url", said.ImageURL, "error", err)
			said.ImageURL, said.ImageDescription, said.Kind = "", "", "link"
		}
	}
	*card = *said
}

// picture looks at the picture of a card: how large it is and what it is like.
func (c *Cards) picture(ctx context.Context, card *store.Card) error {
	sketch, err := c.Remote.Sketch(ctx, card.ImageURL)
	card.Width, card.Height, card.Blurhash = sketch.Width, sketch.Height, sketch.Blurhash
	return err
}

// barred reports whether an address is on a host with which nothing is to do.
func (c *Cards) barred(u *url.URL) bool { return c.Bars(federation.HostOf(u.String())) }
