package auth_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/auth/devidp"
	"parley/internal/fault"
	"parley/internal/nodetest"
	"parley/internal/store"
)

// signIn takes somebody through the provider.
func (n *node) signIn(subject string) (browser, answer) {
	n.t.Helper()
	b := n.browser()
	return b, b.get(b.throughTheProvider("/auth/sign_in?return_to=/home", subject))
}

// mustSignIn is the account of who has signed in.
func (n *node) mustSignIn(subject string) *store.Account {
	n.t.Helper()
	_, back := n.signIn(subject)
	require.Equal(n.t, http.StatusSeeOther, back.code, back.body)
	return n.accountOf(subject)
}

func (n *node) accountOf(subject string) *store.Account {
	n.t.Helper()
	identity, err := n.DB.Identity(n.idp, subject)
	require.NoError(n.t, err)
	account, err := n.DB.Account(identity.ActorID)
	require.NoError(n.t, err)
	return account
}

var (
	ada = devidp.Person{Subject: "s-ada", Username: "ada", Name: "Ada", Email: "ada@corp.example", Groups: []string{"staff"}}
	ben = devidp.Person{Subject: "s-ben", Username: "ben", Name: "Ben", Email: "ben@corp.example", Groups: []string{"staff"}}
)

func TestWhoLacksTheRequiredClaimStaysOut(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Require = []auth.Match{{Claim: "department", Value: "Board"}, {Claim: "groups", Value: "staff"}}
		outsider := devidp.Person{Subject: "s-eve", Username: "eve", Name: "Eve", Email: "eve@corp.example", Groups: []string{"staffing"}}
		n.people(ada, ben, outsider)
		_, refused := n.signIn("s-eve")
		assert.Equal(t, http.StatusForbidden, refused.code)
		assert.Contains(t, refused.body, "has not given you access")
		_, err := n.DB.Identity(n.idp, "s-eve")
		assert.True(t, fault.Is(err, fault.NotFound), "no account was made")
		assert.Contains(t, n.audited(), "account.create_refused s-eve")

		b, back := n.signIn("s-ben")
		require.Equal(t, http.StatusSeeOther, back.code, back.body)
		account := n.accountOf("s-ben")
		token, err := n.IssueToken(t.Context(), 0, account.Actor.ID, auth.Scopes{"read"})
		require.NoError(t, err)
		n.write(func(tx *store.Tx) error { return tx.SetPowers(&account.User, "moderator", "") })

		gone := ben
		gone.Groups = nil
		n.people(ada, gone, outsider)
		_, refused = n.signIn("s-ben")
		assert.Equal(t, http.StatusForbidden, refused.code)
		assert.Contains(t, n.audited(), "account.sign_in_refused ben")
		assert.Equal(t, http.StatusFound, b.get("/home").code, "what ran before has ended")
		assert.Equal(t, http.StatusUnauthorized, b.get("/api/any", "Authorization", "Bearer "+token).code)
		account = n.accountOf("s-ben")
		assert.Equal(t, store.Active, account.Actor.Lifecycle, "the account is not closed")
		assert.Equal(t, "member", account.User.Role, "and has no power")

		n.people(ada, ben, outsider)
		assert.Equal(t, account.Actor.ID, n.mustSignIn("s-ben").Actor.ID, "back in the group, back in the account")
	})
}

func TestTheLastOwnerIsNotShutOut(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.people(ada, ben)
		for _, subject := range []string{"s-ada", "s-ben"} {
			account := n.mustSignIn(subject)
			n.write(func(tx *store.Tx) error { return tx.SetPowers(&account.User, "owner", "") })
		}
		n.Providers[0].Require = []auth.Match{{Claim: "groups", Value: "board"}}
		_, refused := n.signIn("s-ada")
		assert.Equal(t, http.StatusForbidden, refused.code, "one of two")
		b, back := n.signIn("s-ben")
		require.Equal(t, http.StatusSeeOther, back.code, "the last: %s", back.body)
		assert.Equal(t, http.StatusOK, b.get("/home").code)
		assert.Contains(t, n.audited(), "account.role_kept ben")
	})
}

func TestPeopleWhoSwapAddressesStayThemselves(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.people(ada, ben)
		first, second := n.mustSignIn("s-ada"), n.mustSignIn("s-ben")
		a, b := ada, ben
		a.Username, a.Name, a.Email, b.Username, b.Name, b.Email = ben.Username, ben.Name, ben.Email, ada.Username, ada.Name, ada.Email
		for _, mode := range []string{auth.Suggest, auth.Force} {
			n.Providers[0].Names.Mode = mode
			n.people(a, b)
			one, two := n.mustSignIn("s-ada"), n.mustSignIn("s-ben")
			assert.Equal(t, [2]int64{first.Actor.ID, second.Actor.ID}, [2]int64{one.Actor.ID, two.Actor.ID})
			assert.Equal(t, [2]string{"ben@corp.example", "ada@corp.example"}, [2]string{one.User.Email, two.User.Email})
			for name, id := range map[string]int64{"ada": first.Actor.ID, "ben": second.Actor.ID} {
				holder, err := n.DB.ActorByHandle(name, "")
				require.NoError(t, err)
				assert.Equal(t, id, holder.ID, "nobody gets another's handle")
			}
			if mode == auth.Force {
				assert.Equal(t, [2]string{"ben2", "ada2"}, [2]string{one.Actor.Username, two.Actor.Username})
			}
		}
	})
}

func TestNamesThatAreForced(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Names = auth.Naming{Mode: auth.Force}
		n.people(ada)
		before := n.mustSignIn("s-ada")
		married := ada
		married.Username = "Ada.Byron@corp.example"
		n.people(married)
		after := n.mustSignIn("s-ada")
		assert.Equal(t, [2]any{before.Actor.ID, "ada.byron"}, [2]any{after.Actor.ID, after.Actor.Username})
		old, err := n.DB.ActorByHandle("ada", "")
		require.NoError(t, err)
		assert.Equal(t, before.Actor.ID, old.ID, "the old handle leads there")
		assert.Contains(t, n.audited(), "account.rename ada.byron")
		who := auth.Who{ActorID: after.Actor.ID}
		assert.True(t, fault.Is(n.Rename(t.Context(), who, "countess"), fault.Forbidden), "she does not choose")
		lines := len(n.audited())
		n.mustSignIn("s-ada")
		assert.Len(t, n.audited(), lines+2, "nothing but the sign-in, by a browser that is new")
	})
}

func TestNamesThatAreSuggested(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.Providers[0].Names = auth.Naming{Claim: "name"}
		n.people(devidp.Person{Subject: "s-ada", Username: "x123", Name: "Ada Lovelace", Email: "ada@corp.example"}, ben)
		account := n.mustSignIn("s-ada")
		assert.Equal(t, "ada.lovelace", account.Actor.Username)
		who := auth.Who{ActorID: account.Actor.ID}
		n.mustSignIn("s-ben")
		for name, kind := range map[string]fault.Kind{"a b": fault.Invalid, "": fault.Invalid, "ben": fault.Conflict} {
			assert.True(t, fault.Is(n.Rename(t.Context(), who, name), kind), name)
		}
		assert.True(t, fault.Is(n.Rename(t.Context(), auth.Who{ActorID: who.ActorID, ActedBy: 7}, "team"), fault.Forbidden), "a shared account's is not a member's to change")
		require.NoError(t, n.Rename(t.Context(), who, " Countess"))
		assert.True(t, fault.Is(n.Rename(t.Context(), who, "ada"), fault.Forbidden), "twice a day")
		assert.Equal(t, "countess", n.mustSignIn("s-ada").Actor.Username, "the claim does not take it back")
		n.write(func(tx *store.Tx) error {
			u, err := tx.User(who.ActorID)
			require.NoError(t, err)
			u.RenamedAt -= 24 * 60 * 60 * 1000
			return tx.UpdateUser(u)
		})
		require.NoError(t, n.Rename(t.Context(), who, "ada.lovelace"), "and one's own old name on another day")
	})
}

var enrolment = regexp.MustCompile(`name="enrolment" value="([^"]+)"`)

func formOf(t *testing.T, page answer, name string) url.Values {
	t.Helper()
	require.Equal(t, http.StatusOK, page.code, page.body)
	found := enrolment.FindStringSubmatch(page.body)
	require.NotNil(t, found, page.body)
	return url.Values{"enrolment": {found[1]}, "name": {name}}
}

func TestNamesThatAreChosen(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account("taken", auth.Member)
		n.Providers[0].Names = auth.Naming{Mode: auth.Choose}
		n.people(ada, ben)
		b, page := n.signIn("s-ada")
		assert.Contains(t, page.body, `value="ada"`, "what the claim suggests")
		form := formOf(t, page, "countess")
		_, err := n.DB.Identity(n.idp, "s-ada")
		assert.True(t, fault.Is(err, fault.NotFound), "no account yet")

		stranger, _ := n.signIn("s-ben")
		assert.Equal(t, http.StatusUnauthorized, stranger.post("/auth/name", form).code, "another browser")
		assert.Equal(t, http.StatusUnauthorized, n.browser().post("/auth/name", form).code, "one that signs in nowhere")
		assert.Equal(t, http.StatusForbidden, b.post("/auth/name", form, "Sec-Fetch-Site", "cross-site").code)
		page = b.post("/auth/name", formOf(t, page, "no name"))
		assert.Contains(t, page.body, "cannot be a user name")
		assert.Equal(t, http.StatusUnauthorized, b.post("/auth/name", form).code, "a form is sent once")
		page = b.post("/auth/name", formOf(t, page, "taken"))
		assert.Contains(t, page.body, "is or was somebody")

		form = formOf(t, page, "Countess")
		done := b.post("/auth/name", form)
		require.Equal(t, http.StatusSeeOther, done.code, done.body)
		assert.Equal(t, "/home", done.location.Path)
		assert.Equal(t, "countess", b.get("/home").json(t)["Username"])
		assert.Equal(t, http.StatusUnauthorized, b.post("/auth/name", form).code)
		n.mustSignIn("s-ada")

		b, page = n.signIn("s-ben")
		form = formOf(t, page, "ben")
		n.write(func(tx *store.Tx) error {
			e, err := tx.TakeEnrolment(auth.Hash(form.Get("enrolment")), auth.Hash(cookieOf(t, b, "parley_sign_in")))
			require.NoError(t, err)
			e.ExpiresAt = store.Now() - 1
			return tx.CreateEnrolment(e)
		})
		assert.Equal(t, http.StatusUnauthorized, b.post("/auth/name", form).code, "expired")
	})
}

func cookieOf(t *testing.T, b browser, name string) string {
	t.Helper()
	at, err := url.Parse(b.n.URL)
	require.NoError(t, err)
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatal("no such cookie")
	return ""
}

func TestPermissionsFollowTheProvider(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.people(ada)
		account := n.mustSignIn("s-ada")
		n.write(func(tx *store.Tx) error { return tx.SetPowers(&account.User, "member", "audit.see") })
		n.Providers[0].Policy = auth.Policy{Rules: rulesFor("groups", map[string]string{"staff": "moderator"})}
		account = n.mustSignIn("s-ada")
		assert.Equal(t, [2]string{"moderator", "audit.see"}, [2]string{account.User.Role, account.User.Permissions}, "what a person gave stays")
		rule := auth.Rule{Match: auth.Match{Claim: "groups", Value: "staff"}, Permissions: []auth.Permission{auth.SeeFederation}}
		n.Providers[0].Policy = auth.Policy{Rules: []auth.Rule{rule}, Extra: true}
		b, _ := n.signIn("s-ada")
		account = n.accountOf("s-ada")
		assert.Equal(t, [2]string{"moderator", "federation.see"}, [2]string{account.User.Role, account.User.Permissions}, "no rule names a role")
		assert.Contains(t, b.get("/home").body, "federation.see")
		gone := ada
		gone.Groups = nil
		n.people(gone)
		assert.Empty(t, n.mustSignIn("s-ada").User.Permissions)
		lines, err := n.DB.AuditTrail(store.AuditQuery{Actions: []string{"account.role"}, Limit: 1})
		require.NoError(t, err)
		require.Len(t, lines, 1)
		assert.Contains(t, lines[0].Detail, `"permissions_before":"federation.see"`)
	})
}

// Whom the claims have somebody follow is asked once, at the first sign-in.
func TestFirstFollows(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		staff := auth.Match{Claim: "groups", Value: "staff"}
		n.Providers[0].Follows = []auth.Circle{
			{Match: staff, Accounts: []string{"news", "it@hub.example"}, List: "Company"},
			{Match: auth.Match{Claim: "groups", Value: "board"}, Accounts: []string{"board"}},
		}
		n.people(ada)
		for range 2 {
			n.mustSignIn("s-ada")
		}
		jobs := nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'introduce'`)
		assert.EqualValues(t, 2, jobs)
	})
}

// What claims say of a profile is kept as the directory's, and goes with the setting.
func TestProfilesFollowClaims(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		p := n.Providers[0]
		p.Profile = auth.ProfileClaims{DisplayName: "name", Title: "title", Department: "department", Phone: "phone_number", Avatar: "picture"}
		engineer := ada
		engineer.Title, engineer.Department = "Engineer", "Engines"
		n.people(engineer)
		jobs := func() int64 {
			return nodetest.Number(t, n.DB, `SELECT COUNT(*) FROM river_job WHERE kind = 'directory'`)
		}
		d := n.mustSignIn("s-ada").User.Directory
		assert.Equal(t, store.Directory{Issuer: n.idp, DisplayName: "Ada", Fields: []store.Field{{Name: "Title", Source: "Engineer"}, {Name: "Department", Source: "Engines"}}}, d)
		assert.EqualValues(t, 1, jobs())
		n.mustSignIn("s-ada")
		assert.EqualValues(t, 1, jobs(), "nothing new")
		engineer.Title = ""
		n.people(engineer)
		assert.Len(t, n.mustSignIn("s-ada").User.Directory.Fields, 1)
		assert.EqualValues(t, 2, jobs())
		p.Profile = auth.ProfileClaims{}
		assert.Equal(t, store.Directory{}, n.mustSignIn("s-ada").User.Directory, "the person's again")
		assert.EqualValues(t, 2, jobs())
	})
}
