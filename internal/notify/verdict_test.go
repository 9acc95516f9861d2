package notify

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"parley/internal/store"
)

func TestVerdicts(t *testing.T) {
	now := store.TimeOf(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC))
	ago := func(d time.Duration) store.Time { return now.Add(-d) }
	const day = 24 * time.Hour
	let, filter, drop := store.Let, store.Filter, store.Drop
	open := store.NotificationPolicy{NotFollowing: let, NotFollowers: let, NewAccounts: let, PrivateMentions: let, LimitedAccounts: let}
	old := store.Acquaintance{SenderSince: ago(100 * day)}
	for _, c := range []struct {
		name   string
		policy func(*store.NotificationPolicy)
		sender func(*store.Acquaintance)
		kind   string
		want   store.Verdict
	}{
		{"an open door", func(*store.NotificationPolicy) {}, func(a *store.Acquaintance) { a.Limited, a.Private = true, true }, "mention", let},
		{"not followed", func(p *store.NotificationPolicy) { p.NotFollowing = filter }, func(*store.Acquaintance) {}, "mention", filter},
		{"followed", func(p *store.NotificationPolicy) { p.NotFollowing = filter }, func(a *store.Acquaintance) { a.Following = true }, "mention", let},
		{"let in before", func(p *store.NotificationPolicy) { p.NotFollowing = drop }, func(a *store.Acquaintance) { a.Permitted = true }, "mention", let},
		{"no follower", func(p *store.NotificationPolicy) { p.NotFollowers = drop }, func(*store.Acquaintance) {}, "follow", drop},
		{"a follower of yesterday", func(p *store.NotificationPolicy) { p.NotFollowers = filter }, func(a *store.Acquaintance) { a.FollowedSince = ago(day) }, "mention", filter},
		{"a follower of last week", func(p *store.NotificationPolicy) { p.NotFollowers = filter }, func(a *store.Acquaintance) { a.FollowedSince = ago(7 * day) }, "mention", let},
		{"a new account", func(p *store.NotificationPolicy) { p.NewAccounts = filter }, func(a *store.Acquaintance) { a.SenderSince = ago(29 * day) }, "mention", filter},
		{"a month old", func(p *store.NotificationPolicy) { p.NewAccounts = filter }, func(a *store.Acquaintance) { a.SenderSince = ago(31 * day) }, "mention", let},
		{"new, but followed", func(p *store.NotificationPolicy) { p.NewAccounts = drop }, func(a *store.Acquaintance) { a.SenderSince, a.Following = now, true }, "mention", let},
		{"a private mention", func(p *store.NotificationPolicy) { p.PrivateMentions = filter }, func(a *store.Acquaintance) { a.Private = true }, "mention", filter},
		{"a private answer", func(p *store.NotificationPolicy) { p.PrivateMentions = filter }, func(a *store.Acquaintance) { a.Private, a.Response = true, true }, "mention", let},
		{"a favourite of a private post", func(p *store.NotificationPolicy) { p.PrivateMentions = filter }, func(a *store.Acquaintance) { a.Private = true }, "favourite", let},
		{"a limited account", func(p *store.NotificationPolicy) { p.LimitedAccounts = filter }, func(a *store.Acquaintance) { a.Limited = true }, "follow", filter},
		{"limited, but followed", func(p *store.NotificationPolicy) { p.LimitedAccounts = drop }, func(a *store.Acquaintance) { a.Limited, a.Following = true, true }, "follow", let},
		{"the strictest counts", func(p *store.NotificationPolicy) { p.NotFollowing, p.LimitedAccounts = filter, drop }, func(a *store.Acquaintance) { a.Limited = true }, "follow", drop},
	} {
		p, a := open, old
		c.policy(&p)
		c.sender(&a)
		assert.Equal(t, c.want, verdict(&p, a, c.kind, now), c.name)
	}
}
