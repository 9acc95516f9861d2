package inbox

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"parley/actors"
	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// like stores that the sender liked a post which the sender may see.
func (i *Inbox) like(_ context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	p, err := tx.PostByURI(a.ObjectID())
	if err != nil {
		return ignoreMissing(err)
	}
	if p, err = tx.VisiblePost(sender.ID, p.ID); err != nil {
		return ignoreMissing(err)
	}
	if dead, err := tx.Dead(sender.ID, a.ID); err != nil || dead {
		return err
	}
	fresh, err := tx.CreateFavourite(a.ID, sender.ID, p.ID)
	if err != nil {
		return err
	}
	if !fresh {
		if err := tx.RenewFavourite(a.ID, sender.ID, p.ID); err != nil {
			return err
		}
	}
	if err := tx.React(sender.ID, p.ID, reactionOf(a)); err != nil || !fresh {
		return err
	}
	return i.Notify.Tell(tx, p.ActorID, "favourite", sender.ID, p.ID)
}

// maxReaction bounds what an emoji without a picture may be, in characters: one
// may consist of many.
const maxReaction = 16

// reactionOf is the emoji that a Like or EmojiReact says: of a custom one the
// shortcode and its picture, else the character itself. None is a mere Like.
func reactionOf(a *federation.Object) store.Emoji {
	said := text.Clean(cmp.Or(strings.TrimSpace(a.Content), strings.TrimSpace(a.Emoji)))
	for _, e := range actors.Emojis(a.Tag) {
		name, _, _ := strings.Cut(strings.Trim(said, ":"), "@") // Misskey names the host behind it
		if name == e.Shortcode {
			return e
		}
	}
	if strings.ContainsAny(said, "<>& \n\t:") || utf8.RuneCountInString(said) > maxReaction {
		return store.Emoji{}
	}
	return store.Emoji{Shortcode: said}
}

// announce stores a boost, or sends for the post it is of.
func (i *Inbox) announce(ctx context.Context, tx *store.Tx, sender *store.Actor, a *federation.Object) error {
	uri := a.ObjectID()
	if uri == "" {
		return nil
	}
	p, err := tx.PostByURI(uri)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	followed, ferr := tx.HasLocalFollowers(sender.ID)
	if ferr != nil {
		return ferr
	}
	if relayed(sender, a) {
		if !followed {
			return nil
		}
		return i.relay(ctx, tx, sender, a)
	}
	if err == nil {
		if !followed && !p.Local {
			return nil
		}
		return i.boost(tx, sender, a, p)
	}
	if !followed || i.Actors.IsOurs(uri) || i.Partners.Admits(federation.HostOf(uri)) != nil || sender.Kind == "Group" && !i.groups.take(sender.ID) {
		return nil
	}
	return i.Queue.Insert(ctx, tx, BoostedJob{ActorID: sender.ID, ID: a.ID, Object: uri, To: a.To, Cc: a.Cc, Published: a.Published})
}

// boost stores the sender's boost of a post that is for everybody.
func (i *Inbox) boost(tx *store.Tx, sender *store.Actor, a *federation.Object, p *store.Post) error {
	if p.DeletedAt != 0 || p.BoostOfID != 0 || p.HeldUntil != 0 || p.Scope != store.World {
		return nil
	}
	if p.Visibility == store.Direct || p.Visibility == store.Private && p.ActorID != sender.ID {
		return nil
	}
	if blocked, err := tx.HasBlocked(p.ActorID, sender.ID); err != nil || blocked {
		return err
	}
	if before, err := tx.BoostBy(sender.ID, p.ID); err == nil {
		return tx.RenewBoost(a.ID, before)
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	boost := postOf(sender, a)
	boost.Kind, boost.BoostOfID, boost.InReplyToURI, boost.QuoteOfURI, boost.EditedAt = "Announce", p.ID, "", "", 0
	if boost.Visibility == store.Direct {
		boost.Visibility = store.Unlisted // addressed to nobody in particular
	}
	boost.Content, boost.URL, boost.Spoiler, boost.Sensitive, boost.Tags, boost.Emojis = "", "", "", false, nil, nil
	stored, err := tx.InsertPost(boost, nil, nil)
	if err != nil || !stored {
		return err
	}
	if err := i.Notify.Posted(tx, boost, nil); err != nil {
		return err
	}
	return i.Notify.Tell(tx, p.ActorID, "reblog", sender.ID, p.ID)
}

// BoostedJob gets a post that was boosted and stores the boost.
type BoostedJob struct {
	ActorID   int64     `json:"actor_id"`
	ID        string    `json:"id"`
	Object    string    `json:"object"`
	To        []string  `json:"to"`
	Cc        []string  `json:"cc"`
	Published time.Time `json:"published"`
}

// Kind names the job.
func (BoostedJob) Kind() string { return "boosted" }

// Boosted carries out the job.
func (i *Inbox) Boosted(ctx context.Context, job BoostedJob) error {
	p, err := i.Fetch(ctx, job.Object)
	if err != nil {
		return lasting(err)
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		sender, err := tx.Actor(job.ActorID)
		if err != nil {
			return err
		}
		if dead, err := tx.Dead(sender.ID, job.ID); err != nil || dead {
			return err
		}
		return i.boost(tx, sender, &federation.Object{ID: job.ID, Type: "Announce", To: job.To, Cc: job.Cc, Published: job.Published}, p)
	})
}
