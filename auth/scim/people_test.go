package scim_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// Whom the directory announced gets that account at the first sign-in, by the
// claim alone, and nobody else does, whatever they are called.
func TestSigningInToWhatTheDirectoryMade(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		_, ada := n.user("ada", "s-ada")
		_, namesake := n.user("ben", "not-ben")
		b := n.browser()
		require.Equal(t, "ada", n.signIn(b, "s-ada"))
		identity, err := n.DB.Identity(n.idp, "s-ada")
		require.NoError(t, err)
		require.Equal(t, [2]any{ada.Actor.ID, "s-ada"}, [2]any{identity.ActorID, identity.ExternalID})
		require.Equal(t, "ben2", n.signIn(n.browser(), "s-ben"), "a name is no proof, nor an address")
		require.NotZero(t, namesake.Actor.ID)

		// Who was here before the directory spoke keeps the account.
		id, ben := n.user("benjamin", "s-ben")
		require.Equal(t, "ben2", ben.Actor.Username)
		n.ask("POST", "/Users", `{"userName":"again","externalId":"s-ben"}`).refused(409, "uniqueness")

		// Taken away and back: the same account, however it was taken away.
		require.Equal(t, "ada", n.home(b))
		n.ask("DELETE", "/Users/"+id, "").is(204)
		require.Contains(t, n.signIn(n.browser(), "s-ben"), "Your account is closed")
		_, again := n.user("benjamin", "s-ben")
		require.Equal(t, ben.Actor.ID, again.Actor.ID)
		require.Equal(t, store.Active, again.Actor.Lifecycle)
		require.Equal(t, "ben2", n.signIn(n.browser(), "s-ben"))
	})
}

// Whom the directory took away before the first sign-in does not come in by a
// new account.
func TestWhoLeftBeforeComing(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, before := n.user("ben", "s-ben")
		n.ask("DELETE", "/Users/"+id, "").is(204)
		require.Contains(t, n.signIn(n.browser(), "s-ben"), "Your account is closed")
		_, after := n.user("ben", "s-ben")
		require.Equal(t, before.Actor.ID, after.Actor.ID)
		inactive := n.ask("POST", "/Users", `{"userName":"ada","externalId":"s-ada","active":false}`).is(201).object()
		require.Equal(t, false, inactive["active"])
		require.Contains(t, n.signIn(n.browser(), "s-ada"), "Your account is closed")
	})
}

// Who signs in at the moment at which the directory announces them has one
// account, which the directory can close.
func TestComingFromBothSidesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		var both sync.WaitGroup
		both.Go(func() {
			n.ask("POST", "/Users", `{"userName":"ben","externalId":"s-ben"}`).is(201)
		})
		both.Go(func() { n.signIn(n.browser(), "s-ben") })
		both.Wait()
		accounts, err := n.DB.Accounts()
		require.NoError(t, err)
		require.Len(t, accounts, 1)
		require.Equal(t, "ben", n.signIn(n.browser(), "s-ben"))
		require.Equal(t, accounts[0].Actor.ID, n.account("s-ben").Actor.ID)
	})
}

// Of two owners whom the directory switches off at once, one stays.
func TestOneOwnerStays(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		var all sync.WaitGroup
		codes := make([]int, 2)
		var ids []string
		for _, external := range []string{"s-ada", "s-ben"} {
			id, account := n.user(external, external)
			require.NoError(t, n.Actors.SetPowers(t.Context(), 0, account.Actor.ID, "owner", ""))
			ids = append(ids, id)
		}
		for i, id := range ids {
			all.Go(func() { codes[i] = n.ask("DELETE", "/Users/"+id, "").code })
		}
		all.Wait()
		require.ElementsMatch(t, []int{204, 409}, codes)
	})
}

// An address whose domain the owner shut out gets no account from a directory
// either.
func TestBlockedAddresses(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		_, err := n.Auth.BlockMailDomain(t.Context(), 0, "corp.example")
		require.NoError(t, err)
		n.ask("POST", "/Users", `{"userName":"ada","externalId":"s-ada","emails":[{"value":"ada@corp.example"}]}`).refused(403, "")
		accounts, err := n.DB.Accounts()
		require.NoError(t, err)
		require.Empty(t, accounts)
	})
}

// The claim is what the settings say, for those who signed in before too.
func TestTheClaimOfTheSettings(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		require.Equal(t, "ben", n.signIn(n.browser(), "s-ben"))
		n.Auth.Providers[0].SCIMClaim = "title" // stands for oid, which this provider does not know
		ben, err := n.DB.Identity(n.idp, "s-ben")
		require.NoError(t, err)
		ben.Claims = `{"title":"oid-ben"}`
		require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.SetIdentity(ben) }))
		require.NoError(t, n.Auth.Open(t.Context()))
		_, account := n.user("someone", "oid-ben")
		require.Equal(t, ben.ActorID, account.Actor.ID)
		_, other := n.user("other", "s-ben")
		require.NotEqual(t, ben.ActorID, other.Actor.ID)
	})
}

// Somebody's groups count beside the claim, at sign-in and at once.
func TestGroupsGiveRoles(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		ada, _ := n.user("ada", "s-ada")
		ben, _ := n.user("ben", "s-ben")
		role := func(external string) string { return n.account(external).User.Role }
		mods := n.group("Moderators", "g-mods", ben) // by its id in the directory
		require.Equal(t, "moderator", role("s-ben"), "before the first sign-in")
		require.Equal(t, "ben", n.signIn(n.browser(), "s-ben"))
		require.Equal(t, "moderator", role("s-ben"), "which says nothing of groups")
		n.patch("/Groups/"+mods, `{"op":"remove","path":"members"}`).is(204)
		require.Equal(t, "member", role("s-ben"))

		require.Equal(t, "ada", n.signIn(n.browser(), "s-ada"))
		require.Equal(t, "admin", role("s-ada"), "by the claim")
		admins := n.group("parley-admins", "", ada, ben)
		require.Equal(t, [2]string{"admin", "admin"}, [2]string{role("s-ada"), role("s-ben")})
		n.patch("/Groups/"+admins, `{"op":"Remove","path":"members","value":[{"value":"`+ada+`"}]}`).is(204)
		require.Equal(t, "member", role("s-ada"), "the directory's word is later than the sign-in")
		n.patch("/Groups/"+mods, `{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`).is(204)
		require.Equal(t, "moderator", role("s-ada"), "and stays so")
		n.patch("/Groups/"+admins, `{"op":"replace","path":"displayName","value":"Friends"}`).is(204)
		require.Equal(t, "member", role("s-ben"))
		n.patch("/Groups/"+admins, `{"op":"replace","path":"displayName","value":"parley-admins"}`).is(204)
		require.Equal(t, "admin", role("s-ben"))
		n.ask("DELETE", "/Groups/"+admins, "").is(204)
		require.Equal(t, "member", role("s-ben"))

		owners := n.group("parley-owners", "", ben)
		require.Equal(t, "owner", role("s-ben"))
		n.ask("DELETE", "/Groups/"+owners, "").is(204)
		require.Equal(t, "owner", role("s-ben"), "the last owner stays")
		require.Contains(t, n.audited("account.role_kept")[0], `"signal":"scim"`)
	})
}

// The last owner is not shut out by a mistake in a directory, and whom the
// moderators suspended is not let in by it.
func TestWhatADirectoryCannotDo(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, ada := n.user("ada", "s-ada")
		require.NoError(t, n.Actors.SetPowers(t.Context(), 0, ada.Actor.ID, "owner", ""))
		for _, try := range []func() answer{
			func() answer { return n.patch("/Users/"+id, `{"op":"replace","path":"active","value":false}`) },
			func() answer { return n.ask("DELETE", "/Users/"+id, "") },
		} {
			require.Contains(t, try().refused(409, ""), "make somebody else owner first")
			require.Equal(t, store.Active, n.account("s-ada").Actor.Lifecycle)
			require.Equal(t, true, n.ask("GET", "/Users/"+id, "").object()["active"])
		}
		refusals := n.audited("scim.refused")
		require.Len(t, refusals, 2)
		require.Contains(t, refusals[0], "last owner")

		other, ben := n.user("ben", "s-ben")
		require.NoError(t, n.Actors.Disable(t.Context(), ada.Actor.ID, ben.Actor.ID))
		n.patch("/Users/"+other, `{"op":"replace","value":{"active":true,"title":"Still here"}}`).is(200)
		require.Equal(t, store.Suspended, n.account("s-ben").Actor.Lifecycle)
		n.patch("/Users/"+other, `{"op":"replace","path":"active","value":false}`).is(200)
		require.Equal(t, store.Suspended, n.account("s-ben").Actor.Lifecycle, "it is shut out and hidden already")
		require.Contains(t, n.patch("/Users/"+other, `{"op":"replace","path":"active","value":true}`).refused(409, ""), "suspended")
		require.Equal(t, store.Suspended, n.account("s-ben").Actor.Lifecycle)

		// Lifted here while gone there: the account is closed, not open.
		require.NoError(t, n.Actors.Enable(t.Context(), ada.Actor.ID, ben.Actor.ID))
		require.Equal(t, store.Deprovisioned, n.account("s-ben").Actor.Lifecycle)
		n.patch("/Users/"+other, `{"op":"replace","path":"active","value":true}`).is(200)
		require.Equal(t, store.Active, n.account("s-ben").Actor.Lifecycle)

		require.NoError(t, n.Actors.Delete(t.Context(), ada.Actor.ID, ben.Actor.ID))
		n.ask("DELETE", "/Users/"+other, "").is(204)
		require.Contains(t, n.ask("POST", "/Users", `{"userName":"ben","externalId":"s-ben"}`).refused(409, "uniqueness"), "for good")
	})
}

func TestWhoMayAsk(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		id, _ := n.user("ada", "s-ada")
		group := n.group("Friends", "", id)
		ours, soon := n.token, n.tokenFor("corp-idp", store.Now().Add(1e12))
		n.token = soon
		n.ask("GET", "/Users/"+id, "").is(200)
		tokens, err := n.DB.SCIMTokens()
		require.NoError(t, err)
		require.Len(t, tokens, 2)
		require.NotZero(t, tokens[0].UsedAt)
		require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateSCIMToken(&store.SCIMToken{ID: 1, Issuer: n.idp, TokenHash: auth.Hash("expired"), ExpiresAt: store.Now() - 1})
		}))
		require.NoError(t, n.DB.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateSCIMToken(&store.SCIMToken{ID: 2, Issuer: "https://gone.example", TokenHash: auth.Hash("gone")})
		}))
		require.NoError(t, n.RevokeToken(t.Context(), 0, tokens[1].ID))
		for _, token := range []string{"", "wrong", "expired", "gone", soon} {
			n.token = token
			for _, path := range []string{"/Users", "/Users/" + id, "/Groups", "/Schemas"} {
				got := n.ask("GET", path, "")
				got.refused(401, "")
				assert.Contains(t, got.header.Get("WWW-Authenticate"), "Bearer")
			}
		}
		_, err = n.IssueToken(t.Context(), 0, "Corp IdP", "late", store.Now()-1)
		require.ErrorContains(t, err, "expired already")

		// Another provider's directory sees and touches nobody of this one.
		n.token = n.tokenFor("Other", 0)
		for _, path := range []string{"/Users/" + id, "/Groups/" + group} {
			n.ask("GET", path, "").refused(404, "")
			n.ask("PUT", path, `{"userName":"x","displayName":"x"}`).refused(404, "")
			n.patch(path, `{"op":"replace","value":{"active":false}}`).refused(404, "")
			n.ask("DELETE", path, "").refused(404, "")
		}
		require.Empty(t, n.found("Users", `userName eq "ada@corp.example"`))
		require.Empty(t, n.found("Users", `userName pr`))
		require.Empty(t, n.found("Groups", `members eq "`+id+`"`))
		require.EqualValues(t, 0, n.ask("GET", "/Users", "").object()["totalResults"])
		n.ask("POST", "/Groups", `{"displayName":"x","members":[{"value":"`+id+`"}]}`).refused(400, "invalidValue")
		n.ask("POST", "/Users", `{"userName":"ada@corp.example","externalId":"s-ada"}`).is(201)
		n.token = ours
		require.Equal(t, true, n.ask("GET", "/Users/"+id, "").is(200).object()["active"])
	})
}

// A directory that takes somebody out of the group that lets people in ends what
// runs. The account stays, and another group changes nothing.
func TestTheGroupThatLetsPeopleIn(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Auth.Providers[0].Require = []auth.Match{{Claim: "groups", Value: "parley-users"}}
		id, ben := n.user("ben", "s-ben")
		users, others := n.group("parley-users", "", id), n.group("others", "", id)
		b := n.browser()
		require.Equal(t, "ben", n.signIn(b, "s-ben"))
		n.ask("DELETE", "/Groups/"+others, "").is(204)
		require.Equal(t, "ben", n.home(b))
		n.patch("/Groups/"+users, `{"op":"remove","path":"members[value eq \"`+id+`\"]"}`).is(204)
		require.NotEqual(t, "ben", n.home(b))
		require.Equal(t, store.Active, n.account("s-ben").Actor.Lifecycle)
		require.Len(t, n.audited("account.end_access"), 1)
		require.NotEqual(t, "ben", n.signIn(n.browser(), "s-ben"), "nor does a sign-in help")
		n.ask("PUT", "/Groups/"+users, `{"displayName":"parley-users","members":[{"value":"`+id+`"}]}`).is(200)
		require.Equal(t, "ben", n.signIn(n.browser(), "s-ben"))
		require.Equal(t, ben.Actor.ID, n.account("s-ben").Actor.ID)
	})
}

// Title and department of the directory are on the profile at once, before anybody
// signs in and between sign-ins; at a sign-in what is claimed counts, and the
// directory in the rest.
func TestProfilesFollowTheDirectory(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		p := n.Auth.Providers[0]
		id, _ := n.user("ada", "s-ada")
		says := func(operations string) store.Directory {
			t.Helper()
			n.patch("/Users/"+id, operations).is(200)
			return n.account("s-ada").User.Directory
		}
		lines := func(pairs ...string) store.Directory {
			d := store.Directory{Issuer: n.idp}
			for i := 0; i < len(pairs); i += 2 {
				d.Fields = append(d.Fields, store.Field{Name: pairs[i], Source: pairs[i+1]})
			}
			return d
		}
		jobs := func() int64 {
			return nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'directory'`)
		}
		department := `{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Engines"}`
		require.Equal(t, store.Directory{}, says(`{"op":"add","path":"title","value":"Engineer"},`+department), "the settings name neither")

		p.Profile = auth.ProfileClaims{Title: "job.title"}
		require.Equal(t, lines("Title", "Boss"), says(`{"op":"replace","path":"title","value":"Boss"}`))
		p.Profile = auth.ProfileClaims{Title: "job.title", Department: "name"} // a claim that the provider sends
		require.Equal(t, lines("Title", "Chief", "Department", "Engines"), says(`{"op":"replace","path":"title","value":"Chief"}`))
		require.EqualValues(t, 2, jobs())
		says(`{"op":"replace","path":"displayName","value":"A."}`)
		require.EqualValues(t, 2, jobs(), "nothing new")

		require.Equal(t, "ada", n.signIn(n.browser(), "s-ada"))
		require.Equal(t, lines("Title", "Chief", "Department", "Ada"), n.account("s-ada").User.Directory, "what is claimed counts, and the directory in the rest")
		require.Equal(t, lines("Title", "Chief", "Department", "Law"), says(strings.Replace(department, "Engines", "Law", 1)), "until it speaks again")
		require.Equal(t, lines("Department", "Law"), says(`{"op":"remove","path":"title"}`))
	})
}
