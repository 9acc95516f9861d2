package inbox

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"parley/actors"
	"parley/federation"
	"parley/internal/cards"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/outbox"
	"parley/partners"
)

// Inbox applies what other nodes send.
type Inbox struct {
	DB       *store.DB
	Queue    *queue.Queue
	Actors   *actors.Actors
	Partners *partners.Partners
	Outbox   *outbox.Outbox // for answers, such as Accept
	Notify   *notify.Notify
	Cards    *cards.Cards
	Fed      *federation.Client
	Log      *slog.Logger

	groups       budget
	hints        budget
	flags        budget
	synchronized budget
}

// Receive checks who sent a request and applies the activity in its body. It
// returns when the effect is on disk.
func (i *Inbox) Receive(ctx context.Context, r *http.Request, body []byte) error {
	activity, err := federation.ParseObject(body)
	if err != nil {
		return fault.Wrap(fault.BadRequest, err, "The body is not an activity")
	}
	sender, sig, err := i.Actors.Verified(ctx, r, body)
	if err != nil {
		if i.farewell(ctx, activity, err) {
			return nil
		}
		i.Log.Info("refused at the inbox", "actor", activity.Actor, "activity", activity.ID, "kind", activity.Type, "error", err)
		return err
	}
	if activity.Actor != sender.URI {
		if taken, err := i.hint(ctx, sender, activity); taken || err != nil {
			return err
		}
		return fault.New(fault.Unauthorized, "The activity is not by the one who signed the request")
	}
	if activity.ID == "" && slices.Contains(kept, activity.Type) {
		return fault.New(fault.BadRequest, "An activity that can be undone has an id")
	}
	if activity.ID != "" && !federation.SameOrigin(activity.ID, sender.URI) {
		if activity.Type != "Undo" {
			return fault.New(fault.Unauthorized, "The activity's id is not on its sender's node")
		}
		activity.ID = "" // snac names it after what is undone: no id of his, and none is needed
	}
	if err := i.Apply(ctx, sender, activity); err != nil {
		return err
	}
	return i.compare(ctx, sig.Synchronization(r), sender)
}

// kept are the activities that are stored under their own id.
var kept = []string{"Follow", "Like", "EmojiReact", "Announce", "Block"}

// farewell reports whether a refused activity only says that an actor, unknown
// here, is gone: nothing is left to do, and its key to check it is gone too.
func (i *Inbox) farewell(ctx context.Context, a *federation.Object, err error) bool {
	if a.Type != "Delete" || a.ObjectID() != a.Actor || !fault.Is(err, fault.Unauthorized) {
		return false
	}
	_, known := i.Actors.Known(ctx, a.Actor)
	return fault.Is(known, fault.NotFound)
}

// Apply carries out an activity of sender, once.
func (i *Inbox) Apply(ctx context.Context, sender *store.Actor, a *federation.Object) error {
	apply := i.verb(a.Type)
	if apply == nil {
		i.Log.Debug("an activity of an unknown kind", "kind", a.Type, "actor", sender.URI, "activity", a.ID)
		return nil
	}
	return i.DB.Write(ctx, func(tx *store.Tx) error {
		// Answers to a Follow may repeat an id, and repeating them does no harm.
		if a.ID != "" && a.Type != "Accept" && a.Type != "Reject" {
			fresh, err := tx.Arrive(a.ID, string(federation.HostOf(sender.URI)), a.Type)
			if err != nil || !fresh {
				return err
			}
		}
		if err := i.renew(ctx, tx, sender); err != nil {
			return err
		}
		if err := apply(ctx, tx, sender, a); err != nil {
			return err
		}
		return i.forward(ctx, tx, sender, a)
	})
}

type verb func(context.Context, *store.Tx, *store.Actor, *federation.Object) error

// verb is what is done for a type of activity, nil for one we do not know.
func (i *Inbox) verb(kind string) verb {
	switch kind {
	case "Create":
		return i.create
	case "Update":
		return i.update
	case "Delete":
		return i.delete
	case "Follow":
		return i.follow
	case "Accept":
		return i.accept
	case "Reject":
		return i.reject
	case "Undo":
		return i.undo
	case "Like", "EmojiReact":
		return i.like
	case "Announce":
		return i.announce
	case "Block":
		return i.block
	case "Move":
		return i.move
	case "QuoteRequest":
		return i.quoteRequest
	case "Flag":
		return i.flag
	case "Add", "Remove":
		return i.feature
	default:
		return nil
	}
}
