package outbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/actors"
	"parley/federation"
	"parley/internal/cards"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/partners"
)

// Outbox carries out what our people do.
type Outbox struct {
	DB       *store.DB
	Queue    *queue.Queue
	Actors   *actors.Actors
	Partners *partners.Partners
	Notify   *notify.Notify
	Cards    *cards.Cards
	Fed      *federation.Client
	Files    *media.Store
	FFmpeg   *media.FFmpeg // nil on a machine without
	URL      string        // public, without a slash at its end

	Directories   map[string]*http.Client // of identity providers, by issuer: to fetch pictures by
	MaxCharacters int
	Hold          map[store.Visibility]time.Duration // before a post for whom is sent, unless its author chose
	Log           *slog.Logger
	Now           func() time.Time

	gates   gates
	senders senders
	digests digests
}

// publish stores an activity for the inboxes and the job that takes it there.
// object is what must arrive in order: the post, the follow, the profile.
func (o *Outbox) publish(ctx context.Context, tx *store.Tx, actor *store.Actor, object string, a federation.Activity, inboxes []string) error {
	ways := o.ways(inboxes)
	if len(ways) == 0 {
		return nil
	}
	a.Context = federation.Context
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	row := &store.Activity{ID: store.NewID(), URI: a.ID, Kind: a.Type, ActorID: actor.ID, ObjectURI: object, Body: string(body), CreatedAt: store.TimeOf(o.Now()),
		ForFollowers: actor.FollowersURI != "" && slices.Contains(slices.Concat(a.To, a.Cc), actor.FollowersURI)}
	return o.dispatch(ctx, tx, row, ways)
}

// ways are the inboxes beyond this node that are admitted, with their hosts.
func (o *Outbox) ways(inboxes []string) map[string]string {
	ways := map[string]string{}
	for _, inbox := range inboxes {
		host := federation.HostOf(inbox)
		if inbox != "" && !o.Actors.IsOurs(inbox) && o.Partners.Admits(host) == nil {
			ways[inbox] = string(host)
		}
	}
	return ways
}

// dispatch stores an activity, its ways and the job that takes it there.
func (o *Outbox) dispatch(ctx context.Context, tx *store.Tx, row *store.Activity, ways map[string]string) error {
	if err := tx.Dispatch(row, ways); err != nil {
		return err
	}
	return o.Queue.Insert(ctx, tx, DeliverJob{ActivityID: row.ID})
}

// newURI names something that has no page: an activity. Each act has its own,
// because receivers drop ids they have seen.
func (o *Outbox) newURI(kind string) string {
	return o.URL + "/activities/" + kind + "/" + strconv.FormatInt(store.NewID(), 10)
}

// undo takes back an activity of ours.
func (o *Outbox) undo(actor *store.Actor, kind, uri, object string, to, cc []string) federation.Activity {
	return federation.Activity{ID: o.newURI("undo"), Type: "Undo", Actor: actor.URI, To: to, Cc: cc,
		Object: federation.Activity{ID: uri, Type: kind, Actor: actor.URI, Object: object}}
}

// audience is to and cc for a post of the visibility, [AP] 7.1 and what
// Mastodon reads from it.
func audience(author *store.Actor, v store.Visibility, mentioned []string) (to, cc []string) {
	switch v {
	case store.Public:
		return []string{federation.Public}, append([]string{author.FollowersURI}, mentioned...)
	case store.Unlisted:
		return []string{author.FollowersURI}, append([]string{federation.Public}, mentioned...)
	case store.Private:
		return []string{author.FollowersURI}, mentioned
	default:
		return mentioned, nil
	}
}

// inboxes are where a post of the visibility goes beyond this node.
func (o *Outbox) inboxes(r store.Reader, p *store.Post, also []*store.Actor) ([]string, error) {
	if p.Scope != store.World {
		return nil, nil
	}
	var list []string
	if p.Visibility != store.Direct {
		var err error
		if list, err = r.FollowerInboxes(p.ActorID); err != nil {
			return nil, err
		}
	}
	for _, a := range also {
		if !a.Local() {
			list = append(list, a.Inbox())
		}
	}
	return list, nil
}

// tagURL is the page of a hashtag.
func (o *Outbox) tagURL(tag string) string { return o.URL + "/tags/" + strings.ToLower(tag) }
