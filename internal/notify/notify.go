package notify

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/internal/queue"
	"parley/internal/store"
)

// Notify tells people what concerns them.
type Notify struct {
	DB    *store.DB
	Hub   *Hub
	Queue *queue.Queue
}

// Everybody is the topic of what everybody on this node hears.
const Everybody = "everybody"

// Topic names of a person's own streams.
func userTopic(id int64) string         { return "user:" + strconv.FormatInt(id, 10) }
func notificationTopic(id int64) string { return "notification:" + strconv.FormatInt(id, 10) }
func directTopic(id int64) string       { return "direct:" + strconv.FormatInt(id, 10) }
func listTopic(id int64) string         { return "list:" + strconv.FormatInt(id, 10) }

// ownTopics are the streams of the homes of readers and of lists.
func ownTopics(readers, lists []int64) []string {
	topics := make([]string, 0, len(readers)+len(lists))
	for _, reader := range readers {
		topics = append(topics, userTopic(reader))
	}
	for _, list := range lists {
		topics = append(topics, listTopic(list))
	}
	return topics
}

// Joined tells those who run the node of a new account.
func (n *Notify) Joined(ctx context.Context, newcomer int64) error {
	return n.DB.Write(ctx, func(tx *store.Tx) error {
		stewards, err := tx.Stewards()
		if err != nil {
			return err
		}
		for _, reader := range stewards {
			if err := n.Tell(tx, reader, "admin.sign_up", newcomer, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// anew are the kinds that are told again when they happen again.
var anew = []string{"update", "quoted_update", "collection_update"}

// Tell stores a notification of the kind for a local reader, unless they do
// not want to hear from the sender, and streams it. What the reader's policy
// filters waits in a request, and nobody is told.
func (n *Notify) Tell(tx *store.Tx, reader int64, kind string, from, post int64) error {
	return n.tell(tx, &store.Notification{ReaderID: reader, Kind: kind, FromID: from, PostID: post})
}

// TellOf is Tell of what is no post: a report, or a severance.
func (n *Notify) TellOf(tx *store.Tx, reader int64, kind string, from, subject int64) error {
	return n.tell(tx, &store.Notification{ReaderID: reader, Kind: kind, FromID: from, SubjectID: subject})
}

func (n *Notify) tell(tx *store.Tx, row *store.Notification) error {
	reader, kind, from, post := row.ReaderID, row.Kind, row.FromID, row.PostID
	what, err := judge(tx, row)
	if err != nil || what == store.Drop {
		return err
	}
	if slices.Contains(anew, kind) {
		if err := tx.Forget(row); err != nil {
			return err
		}
	}
	row.Filtered = what == store.Filter
	id, err := tx.Notify(row)
	if err != nil || id == 0 {
		return err
	}
	if row.Filtered {
		return tx.RequestNotifications(reader, from)
	}
	if err := n.wake(tx, row); err != nil {
		return err
	}
	tx.After(func() {
		n.Hub.Publish(Event{Topic: notificationTopic(reader), Name: "notification", NotificationID: id, PostID: post, ReaderID: reader})
	})
	return nil
}

// Posted puts a new post or boost into homes, tells whom it names, and streams
// it. A post that is held back is shown to its author alone.
func (n *Notify) Posted(tx *store.Tx, p *store.Post, mentioned []int64) error {
	if p.HeldUntil != 0 {
		if err := tx.FillOwnHome(p); err != nil {
			return err
		}
		n.stream(tx, "update", p.ID, []string{userTopic(p.ActorID)})
		return nil
	}
	readers, err := tx.FanOut(p)
	if err != nil {
		return err
	}
	lists, err := tx.FanOutLists(p)
	if err != nil {
		return err
	}
	for _, reader := range mentioned {
		if err := n.Tell(tx, reader, "mention", p.ActorID, p.ID); err != nil {
			return err
		}
	}
	if err := n.tellFollowers(tx, p, readers, mentioned); err != nil {
		return err
	}
	topics, err := n.topics(tx, p)
	if err != nil {
		return err
	}
	topics = append(topics, ownTopics(readers, lists)...)
	if p.Visibility == store.Direct {
		if err := converse(tx, p, mentioned); err != nil {
			return err
		}
		for _, reader := range append(mentioned, p.ActorID) {
			topics = append(topics, directTopic(reader))
		}
	}
	n.stream(tx, "update", p.ID, topics)
	return nil
}

// tellFollowers tells of a new post those of its readers who asked to hear of
// each, but of answers to others and of boosts.
func (n *Notify) tellFollowers(tx *store.Tx, p *store.Post, readers, mentioned []int64) error {
	if p.BoostOfID != 0 || p.InReplyToURI != "" && p.InReplyToActorID != p.ActorID {
		return nil
	}
	keen, err := tx.KeenFollowers(p, readers)
	if err != nil {
		return err
	}
	for _, reader := range keen {
		if slices.Contains(mentioned, reader) {
			continue
		}
		if err := n.Tell(tx, reader, "status", p.ActorID, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// Edited streams an edit to whoever has the post before them, and tells those
// who boosted it.
func (n *Notify) Edited(tx *store.Tx, p *store.Post) error {
	boosters, err := tx.LocalBoosters(p.ID)
	if err != nil {
		return err
	}
	for _, reader := range boosters {
		if err := n.Tell(tx, reader, "update", p.ActorID, p.ID); err != nil {
			return err
		}
	}
	quoters, err := tx.LocalQuoters(p.ID)
	if err != nil {
		return err
	}
	for _, reader := range quoters {
		if err := n.Tell(tx, reader, "quoted_update", p.ActorID, p.ID); err != nil {
			return err
		}
	}
	return n.again(tx, "status.update", p)
}

// Counted streams that the votes in a poll moved, or that it ended.
func (n *Notify) Counted(tx *store.Tx, p *store.Post) error { return n.again(tx, "status.update", p) }

// Devices has the open pages of a person look anew which devices wait to be
// answered for.
func (n *Notify) Devices(tx *store.Tx, person int64) {
	tx.After(func() { n.Hub.Publish(Event{Topic: DeviceTopic(person), Name: "device"}) })
}

// DeviceTopic is what the pages of a person hear of new devices by. No client app
// does: none would know what that is.
func DeviceTopic(id int64) string { return "device:" + strconv.FormatInt(id, 10) }

// Deleted streams that a post is gone. Call it before the post is hidden.
func (n *Notify) Deleted(tx *store.Tx, p *store.Post) error { return n.again(tx, "delete", p) }

func (n *Notify) again(tx *store.Tx, name string, p *store.Post) error {
	if p.HeldUntil != 0 {
		n.stream(tx, name, p.ID, []string{userTopic(p.ActorID)})
		return nil
	}
	readers, err := tx.HomeReaders(p.ID)
	if err != nil {
		return err
	}
	topics, err := n.topics(tx, p)
	if err != nil {
		return err
	}
	lists, err := tx.ListsWith(p.ID)
	if err != nil {
		return err
	}
	n.stream(tx, name, p.ID, append(topics, ownTopics(readers, lists)...))
	return nil
}

// topics are Topics and, of a post with files, those for such posts.
func (n *Notify) topics(tx *store.Tx, p *store.Post) ([]string, error) {
	topics := Topics(p)
	if !p.Listed || len(topics) == 0 {
		return topics, nil
	}
	files, err := tx.PostMedia([]int64{p.ID})
	if err != nil || len(files[p.ID]) == 0 {
		return topics, err
	}
	return append(topics, topics[0]+":media", topics[1]+":media"), nil
}

// Topics are the public streams that a post belongs to.
func Topics(p *store.Post) []string {
	if p.Visibility != store.Public || p.BoostOfID != 0 {
		return nil
	}
	var topics []string
	if p.Listed {
		where := "public:remote"
		if p.Local {
			where = "public:local"
		}
		topics = append(topics, "public", where)
	}
	for _, tag := range p.Tags {
		topics = append(topics, "hashtag:"+strings.ToLower(tag))
		if p.Local {
			topics = append(topics, "hashtag:local:"+strings.ToLower(tag))
		}
	}
	return topics
}

func (n *Notify) stream(tx *store.Tx, name string, post int64, topics []string) {
	tx.After(func() {
		events := make([]Event, len(topics))
		for i, t := range topics {
			events[i] = Event{Topic: t, Name: name, PostID: post}
		}
		n.Hub.Publish(events...)
	})
}

// Mark moves a reader's marker in a timeline.
func (n *Notify) Mark(ctx context.Context, reader int64, timeline string, id int64) (m *store.Marker, err error) {
	err = n.DB.Write(ctx, func(tx *store.Tx) error {
		m, err = tx.SetMarker(reader, timeline, id)
		return err
	})
	return m, err
}

// Dismiss removes one of the reader's notifications, or all where id is 0.
func (n *Notify) Dismiss(ctx context.Context, reader, id int64) error {
	return n.DB.Write(ctx, func(tx *store.Tx) error { return tx.DismissNotification(reader, id) })
}

// DismissGroup removes a group of the reader's notifications.
func (n *Notify) DismissGroup(ctx context.Context, reader int64, key string) error {
	return n.DB.Write(ctx, func(tx *store.Tx) error { return tx.DismissGroup(reader, key) })
}

// SetPolicy stores what a person wants done with those they do not know.
func (n *Notify) SetPolicy(ctx context.Context, p *store.NotificationPolicy) error {
	return n.DB.Write(ctx, func(tx *store.Tx) error { return tx.SetNotificationPolicy(p) })
}

// AcceptRequests lets in those whose requests these are: what waited is among
// the reader's notifications then, and what they say from now on.
func (n *Notify) AcceptRequests(ctx context.Context, reader int64, ids []int64) error {
	return n.settle(ctx, reader, ids, (*store.Tx).Permit)
}

// DismissRequests removes the requests and what waits in them.
func (n *Notify) DismissRequests(ctx context.Context, reader int64, ids []int64) error {
	return n.settle(ctx, reader, ids, (*store.Tx).DropFiltered)
}

func (n *Notify) settle(ctx context.Context, reader int64, ids []int64, each func(tx *store.Tx, reader, from int64) error) error {
	return n.DB.Write(ctx, func(tx *store.Tx) error {
		senders, err := tx.TakeRequests(reader, ids)
		if err != nil {
			return err
		}
		for _, from := range senders {
			if err := each(tx, reader, from); err != nil {
				return err
			}
		}
		return nil
	})
}
