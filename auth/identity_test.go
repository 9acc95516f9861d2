package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// A second identity leads to an account because an administrator said so.
func TestLinkingAnIdentity(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.people(ada, ben)
		p := n.Providers[0]
		account := n.mustSignIn("s-ada")
		require.NoError(t, n.LinkIdentity(t.Context(), 0, account.Actor.ID, p, "s-ben"))
		assert.Equal(t, account.Actor.ID, n.mustSignIn("s-ben").Actor.ID)
		for _, subject := range []string{"s-ben", "s-ada"} {
			err := n.LinkIdentity(t.Context(), 0, n.account("x"+subject, auth.Member), p, subject)
			assert.True(t, fault.Is(err, fault.Conflict))
			assert.ErrorContains(t, err, "signs in to @ada already")
		}
		assert.True(t, fault.Is(n.LinkIdentity(t.Context(), 0, account.Actor.ID, p, ""), fault.Invalid))
		assert.Contains(t, n.audited(), "account.link_identity ada")
		bot := n.account("bot", auth.Member)
		n.write(func(tx *store.Tx) error {
			actor, err := tx.Actor(bot)
			require.NoError(t, err)
			actor.Kind = store.BotKind
			return tx.UpdateActor(actor)
		})
		assert.True(t, fault.Is(n.LinkIdentity(t.Context(), 0, bot, p, "s-new"), fault.Forbidden), "nobody signs in to a bot")

		b, _ := n.signIn("s-ben")
		last, err := n.UnlinkIdentity(t.Context(), 0, account.Actor.ID, p, "s-ben")
		require.NoError(t, err)
		assert.False(t, last)
		assert.Equal(t, http.StatusFound, b.get("/home").code, "signed out")
		_, err = n.UnlinkIdentity(t.Context(), 0, account.Actor.ID, p, "s-ben")
		assert.True(t, fault.Is(err, fault.NotFound))
		assert.NotEqual(t, account.Actor.ID, n.mustSignIn("s-ben").Actor.ID, "an account of his own")
		last, err = n.UnlinkIdentity(t.Context(), 0, account.Actor.ID, p, "s-ada")
		require.NoError(t, err)
		assert.True(t, last, "nobody signs in to it now")
	})
}

// Whom the directory knows by an account comes back to it: unlinking would be an
// empty promise.
func TestTheDirectorysIdentitiesStay(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.people(ada, ben)
		p, account := n.Providers[0], n.mustSignIn("s-ada")
		n.write(func(tx *store.Tx) error {
			return tx.CreateSCIM(&store.SCIMResource{ID: store.NewID(), Issuer: n.idp, Kind: "User", Name: "ada", ExternalID: "s-ada", Active: true, ActorID: account.Actor.ID, Said: "{}"})
		})
		_, err := n.UnlinkIdentity(t.Context(), 0, account.Actor.ID, p, "s-ada")
		assert.True(t, fault.Is(err, fault.Conflict))
		n.write(func(tx *store.Tx) error {
			return tx.CreateSCIM(&store.SCIMResource{ID: store.NewID(), Issuer: n.idp, Kind: "User", Name: "ben", ExternalID: "s-ben", Active: true, ActorID: account.Actor.ID, Said: "{}"})
		})
		assert.True(t, fault.Is(n.LinkIdentity(t.Context(), 0, n.account("zoe", auth.Member), p, "s-ben"), fault.Conflict), "the directory gave that person an account")
	})
}

// A dry run says what the sign-ins would do, account by account, over pages.
func TestDryRun(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		p := n.Providers[0]
		know := func(name string, role auth.Role, groups ...string) int64 {
			id := n.account(name, role)
			claims, err := json.Marshal(map[string]any{"groups": groups})
			require.NoError(t, err)
			n.write(func(tx *store.Tx) error {
				return tx.SetIdentity(&store.Identity{Issuer: n.idp, Subject: "s-" + name, ActorID: id, Claims: string(claims)})
			})
			return id
		}
		know("anna", auth.Owner, "staff", "admins")
		know("bert", auth.Owner, "staff")
		know("carl", auth.Member, "admins", "staff")
		know("dora", auth.Admin)
		know("emil", auth.Member, "staff")
		gone := know("finn", auth.Moderator)
		n.write(func(tx *store.Tx) error { return tx.SetLifecycle(gone, store.Deprovisioned) })
		// More than a page of people of whom nothing changes.
		n.write(func(tx *store.Tx) error {
			emil, err := tx.ActorByHandle("emil", "")
			require.NoError(t, err)
			for i := range 501 {
				require.NoError(t, tx.SetIdentity(&store.Identity{Issuer: n.idp, Subject: fmt.Sprintf("s-emil%03d", i), ActorID: emil.ID, Claims: `{"groups":["staff"]}`}))
			}
			return nil
		})
		lines := len(n.audited())
		changes, err := n.DryRun(t.Context(), p, auth.Policy{Require: []auth.Match{{Claim: "groups", Value: "staff"}}, Rules: []auth.Rule{ruleOf("groups", "admins", auth.Admin)}})
		require.NoError(t, err)
		said := map[string]string{}
		for _, c := range changes {
			said[c.Actor.Username] = fmt.Sprint(c.Before.Role, " ", c.After.Role, " ", c.Loses, " ", c.Kept)
		}
		assert.Equal(t, map[string]string{
			"anna": "owner admin false false", "bert": "owner member false true",
			"carl": "member admin false false", "dora": "admin member true false",
		}, said)
		assert.Len(t, n.audited(), lines, "and changes nothing")
	})
}
