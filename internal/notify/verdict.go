package notify

import (
	"slices"
	"time"

	"parley/internal/store"
)

// filterable are the kinds that a stranger can cause at will.
var filterable = []string{"mention", "quote", "reblog", "favourite", "follow", "follow_request", "added_to_collection"}

// How long somebody counts as new, as in Mastodon.
const (
	newAccount  = 30 * 24 * time.Hour
	newFollower = 3 * 24 * time.Hour
)

// verdict is what the policy makes of a notification: the strictest of what
// holds for its sender.
func verdict(p *store.NotificationPolicy, a store.Acquaintance, kind string, now store.Time) store.Verdict {
	if a.Permitted {
		return store.Let
	}
	stranger := !a.Following
	rules := []struct {
		holds bool
		want  store.Verdict
	}{
		{stranger, p.NotFollowing},
		{a.FollowedSince == 0 || a.FollowedSince > now.Add(-newFollower), p.NotFollowers},
		{stranger && a.SenderSince > now.Add(-newAccount), p.NewAccounts},
		{stranger && kind == "mention" && a.Private && !a.Response, p.PrivateMentions},
		{stranger && a.Limited, p.LimitedAccounts},
	}
	strictest := store.Let
	for _, r := range rules {
		switch {
		case r.holds && r.want == store.Drop:
			return store.Drop
		case r.holds && r.want == store.Filter:
			strictest = store.Filter
		}
	}
	return strictest
}

// judge asks the reader's policy about a notification.
func judge(tx *store.Tx, n *store.Notification) (store.Verdict, error) {
	if !slices.Contains(filterable, n.Kind) {
		return store.Let, nil
	}
	a, err := tx.Acquaintance(n.ReaderID, n.FromID, n.PostID)
	if err != nil || !a.Local {
		return store.Drop, err // others are told by their own node
	}
	p, err := tx.NotificationPolicy(n.ReaderID)
	if err != nil {
		return store.Drop, err
	}
	return verdict(p, a, n.Kind, store.Now()), nil
}
