package storetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// write runs apply in a transaction that has to succeed.
func write(t require.TestingT, db *store.DB, apply func(tx *store.Tx) error) {
	require.NoError(t, db.Write(context.Background(), apply))
}

// person makes one of ours, or with a domain somebody elsewhere.
func person(t require.TestingT, db *store.DB, domain string) *store.Actor {
	id := store.NewID()
	a := &store.Actor{ID: id, URI: fmt.Sprintf("https://node.example/actors/%d", id), Kind: "Person", Username: fmt.Sprintf("p%d", id), Domain: domain,
		InboxURI: "https://" + domain + "/inbox", Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
	write(t, db, func(tx *store.Tx) error {
		if err := tx.CreateActor(a); err != nil || domain != "" {
			return err
		}
		return tx.CreateUser(&store.User{ActorID: id, Role: "member", CreatedAt: store.Now()})
	})
	return a
}

func follow(t require.TestingT, db *store.DB, who, whom *store.Actor, accepted bool) *store.Follow {
	id := store.NewID()
	f := &store.Follow{ID: id, URI: fmt.Sprintf("https://node.example/follows/%d", id), FollowerID: who.ID, TargetID: whom.ID, Accepted: accepted, ShowBoosts: true}
	write(t, db, func(tx *store.Tx) error { return tx.CreateFollow(f) })
	return f
}

func block(t require.TestingT, db *store.DB, who, whom *store.Actor) {
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.CreateBlock(fmt.Sprintf("https://node.example/blocks/%d", store.NewID()), who.ID, whom.ID)
		return err
	})
}

func blockDomain(t require.TestingT, db *store.DB, who *store.Actor, domain string) {
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.BlockDomain(who.ID, domain)
		return err
	})
}

// draft is a post that is not stored yet.
func draft(author *store.Actor, v store.Visibility) *store.Post {
	id := store.NewID()
	return &store.Post{ID: id, URI: fmt.Sprintf("https://node.example/posts/%d", id), ActorID: author.ID, Local: author.Local(), Kind: "Note", Visibility: v, Scope: store.World,
		Listed: v == store.Public, PublishedAt: store.Now(), ReceivedAt: store.Now()}
}

func insert(t require.TestingT, db *store.DB, p *store.Post, mentioned ...*store.Actor) *store.Post {
	write(t, db, func(tx *store.Tx) error { return add(tx, p, mentioned...) })
	return p
}

func add(tx *store.Tx, p *store.Post, mentioned ...*store.Actor) error {
	var mentions []store.Mention
	for _, m := range mentioned {
		mentions = append(mentions, store.Mention{ActorID: m.ID})
	}
	_, err := tx.InsertPost(p, mentions, nil)
	return err
}

// actor and post are the rows as they are now.
func actor(t testing.TB, db *store.DB, id int64) *store.Actor {
	t.Helper()
	a, err := db.Actor(id)
	require.NoError(t, err)
	return a
}

func post(t testing.TB, db *store.DB, id int64) *store.Post {
	t.Helper()
	p, err := db.Post(id)
	require.NoError(t, err)
	return p
}
