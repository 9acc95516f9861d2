package search_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// world is a database with an index and somebody who searches.
type world struct {
	*store.DB
	t  require.TestingT
	me *store.Actor
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &world{DB: db, t: t}
		w.me = w.person("me", "")
		test(t, w)
	})
}

// in is the world in a part of a test.
func (w *world) in(t require.TestingT) *world { return &world{w.DB, t, w.me} }

func (w *world) write(apply func(tx *store.Tx) error) {
	require.NoError(w.t, w.Write(context.Background(), apply))
}

func (w *world) index() {
	require.NoError(w.t, (&search.Index{DB: w.DB, Log: slog.Default()}).Update(context.Background()))
}

// person makes one of ours, or with a domain somebody elsewhere.
func (w *world) person(name, domain string, change ...func(*store.Actor)) *store.Actor {
	id := store.NewID()
	a := &store.Actor{ID: id, URI: fmt.Sprintf("https://%s/actors/%d", domain, id), Kind: "Person", Username: name, Domain: domain, Host: domain, Discoverable: true, Indexable: true,
		Lifecycle: store.Active, Revision: 1, CreatedAt: store.Now(), UpdatedAt: store.Now()}
	for _, c := range change {
		c(a)
	}
	w.write(func(tx *store.Tx) error {
		if err := tx.CreateActor(a); err != nil || domain != "" {
			return err
		}
		return tx.CreateUser(&store.User{ActorID: id, Role: "member", CreatedAt: store.Now()})
	})
	return a
}

// post stores a public post, as it is after change.
func (w *world) post(author *store.Actor, content string, change ...func(*store.Post)) *store.Post {
	id := store.NewID()
	p := &store.Post{ID: id, URI: fmt.Sprintf("https://node.example/posts/%d", id), ActorID: author.ID, Local: author.Local(), Kind: "Note", Visibility: store.Public, Scope: store.World,
		Content: "<p>" + content + "</p>", PublishedAt: store.Now(), ReceivedAt: store.Now()}
	for _, c := range change {
		c(p)
	}
	w.write(func(tx *store.Tx) error { _, err := tx.InsertPost(p, nil, nil); return err })
	return p
}

func (w *world) follow(who, whom *store.Actor) {
	id := store.NewID()
	w.write(func(tx *store.Tx) error {
		return tx.CreateFollow(&store.Follow{ID: id, URI: fmt.Sprint("https://node.example/follows/", id), FollowerID: who.ID, TargetID: whom.ID, Accepted: true})
	})
}

// found are the posts that me finds, newest first.
func (w *world) found(query string) []int64 {
	q := search.Parse(query)
	require.NoError(w.t, q.Authors(w.me.ID, func(name string) (*store.Actor, error) { return w.ActorByHandle(name, "") }))
	entries, err := w.SearchPosts(w.me.ID, store.Page{Limit: 40}, 0, q.PostQuery)
	require.NoError(w.t, err)
	ids := []int64{}
	for _, e := range entries {
		ids = append(ids, e.PostID)
	}
	return ids
}
