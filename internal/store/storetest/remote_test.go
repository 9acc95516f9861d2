package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

// Of all who ask at once one is told to go.
func TestClaimsOfWhatIsReadAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		bob, alice := person(t, db, "far.example"), person(t, db, "")
		p := insert(t, db, draft(bob, store.Public))
		now := store.Now()
		claims := func(what string, claim func(tx *store.Tx) (bool, error), want ...bool) {
			t.Helper()
			for _, due := range want {
				write(t, db, func(tx *store.Tx) error {
					got, err := claim(tx)
					require.Equal(t, due, got, what)
					return err
				})
			}
		}
		claims("replies", func(tx *store.Tx) (bool, error) { return tx.ClaimReplies(p.ID, now-1000) }, true, false)
		claims("outbox", func(tx *store.Tx) (bool, error) { return tx.ClaimOutbox(bob.ID) }, true, false)
		claims("refresh", func(tx *store.Tx) (bool, error) { return tx.ClaimRefresh(bob.ID, now, now+60_000) }, true, false)
		claims("one of ours", func(tx *store.Tx) (bool, error) { return tx.ClaimRefresh(alice.ID, now, now+60_000) }, false)
		write(t, db, func(tx *store.Tx) error { return tx.RefreshDone(bob.ID) })
		claims("fetched meanwhile", func(tx *store.Tx) (bool, error) { return tx.ClaimRefresh(bob.ID, 0, now) }, false)
		for range 12 {
			write(t, db, func(tx *store.Tx) error { return tx.RefreshFailed(bob.ID) })
		}
		claims("failed", func(tx *store.Tx) (bool, error) { return tx.ClaimRefresh(bob.ID, now, now) }, false)
	})
}

func TestTheGroupOfAPost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		bob, person1, group := person(t, db, "far.example"), person(t, db, "far.example"), person(t, db, "far.example")
		write(t, db, func(tx *store.Tx) error { group.Kind = "Group"; return tx.UpdateActor(group) })
		none, said, boosted, lies := draft(bob, store.Public), draft(bob, store.Public), draft(bob, store.Public), draft(bob, store.Public)
		said.AudienceURI, lies.AudienceURI = group.URI, person1.URI
		for _, p := range []*store.Post{none, said, boosted, lies} {
			insert(t, db, p)
		}
		for _, who := range []*store.Actor{person1, group} {
			boost := draft(who, store.Public)
			boost.BoostOfID = boosted.ID
			insert(t, db, boost)
		}
		for p, want := range map[*store.Post]bool{none: false, said: true, boosted: true, lies: false} {
			found, err := db.GroupOf(post(t, db, p.ID))
			if want {
				require.NoError(t, err)
				require.Equal(t, group.ID, found.ID)
			} else {
				require.True(t, fault.Is(err, fault.NotFound), "%v", err)
			}
		}
	})
}
