package ui_test

import (
	"net/http"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/auth"
	"parley/internal/store"
)

// corp gives the node a provider that is away.
func (n *node) corp() *auth.Provider {
	p := &auth.Provider{Name: "Corp IdP", Issuer: n.url + "/nowhere", ClientID: "parley", Client: http.DefaultClient,
		Policy: auth.Policy{Rules: []auth.Rule{{Match: auth.Match{Claim: "groups", Value: "mods"}, Role: auth.Moderator}}, Extra: true}}
	n.auth.Providers = append(n.auth.Providers, p)
	return p
}

// knows says what the provider said of somebody last.
func (n *node) knows(p *auth.Provider, who *person, claims string) {
	n.t.Helper()
	require.NoError(n.t, n.db.Write(n.t.Context(), func(tx *store.Tx) error {
		return tx.SetIdentity(&store.Identity{Issuer: p.Issuer, Subject: "s-" + who.name, ActorID: who.id, Claims: claims, CreatedAt: store.Now()})
	}))
}

func TestIdentityPages(t *testing.T) {
	n := newNode(t)
	n.corp()
	owner, auditor, mod := n.person("olga", "owner"), n.person("aud", "auditor"), n.person("mona", "moderator")
	require.Equal(t, http.StatusForbidden, mod.get("/owner/identity").code)
	auditor.get("/owner/identity").ok().has("Corp IdP").has("groups = mods: moderator").lacks(`method="post" action="/owner`)
	for _, path := range []string{"/owner/identity/corp-idp/test", "/owner/identity/corp-idp/tokens", "/owner/directories/1/revoke"} {
		require.Equal(t, http.StatusForbidden, auditor.post(path, "name", "x").code, path)
	}

	owner.post("/owner/identity/corp-idp/test").ok().has("Announcement").has("look here").has("404")
	require.Equal(t, http.StatusNotFound, owner.post("/owner/identity/nobody/test").code)

	require.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/identity/corp-idp/tokens", "name", " ").code)
	require.Equal(t, http.StatusUnprocessableEntity, owner.post("/owner/identity/corp-idp/tokens", "name", "Entra", "until", "2001-01-01").code)
	made := owner.post("/owner/identity/corp-idp/tokens", "name", "Entra", "until", "2999-12-31").ok().has("shown this once")
	secret := regexp.MustCompile(`<code>([\w-]{40,})</code>`).FindStringSubmatch(made.body)
	require.Len(t, secret, 2)
	token, err := n.db.SCIMToken(auth.Hash(secret[1]))
	require.NoError(t, err)
	owner.get("/owner/identity").ok().has("Directory: Entra").has("never used").has("31 December 2999").lacks(secret[1])
	owner.post("/owner/directories/" + strconv.FormatInt(token.ID, 10) + "/revoke").ok().lacks("Directory: Entra")
	_, err = n.db.SCIMToken(auth.Hash(secret[1]))
	require.Error(t, err)
}

// Rules are tried over the accounts there are, and change none of them.
func TestRulesAreTried(t *testing.T) {
	n := newNode(t)
	p := n.corp()
	owner, auditor, ada, bert := n.person("olga", "owner"), n.person("aud", "auditor"), n.person("ada", "member"), n.person("bert", "moderator")
	n.knows(p, ada, `{"groups":["admins","staff"]}`)
	n.knows(p, bert, `{"groups":["mods"]}`)
	n.knows(p, owner, `{}`)
	auditor.get("/owner/identity/corp-idp/rules").ok().has(`value="mods"`)
	rules := "/owner/identity/corp-idp/rules"
	auditor.post(rules, "claim", "groups", "value", "mods", "role", "moderator", "permissions", "").ok().has("stays: last owner").lacks("@bert")
	tried := owner.post(rules, "required", "groups", "wanted", "staff", "claim", "groups", "value", "admins", "role", "admin", "permissions", "",
		"claim", "groups", "value", "staff", "role", "", "permissions", "audit.see", "claim", "", "value", "", "role", "", "permissions", "").ok()
	tried.has("1 would become admin, 1 would lose access").has("@ada").has("no access").has("stays: last owner").has("[[oidc.require]]").has("audit.see")
	require.Equal(t, http.StatusUnprocessableEntity, owner.post(rules, "claim", "groups", "value", "x", "role", "king", "permissions", "").code)
	require.Equal(t, http.StatusBadRequest, owner.post(rules, "claim", "groups", "value", "x").code)
	require.Equal(t, http.StatusNotFound, owner.post("/owner/identity/nobody/rules").code)
	for name, want := range map[*person]string{ada: "member", bert: "moderator"} {
		account, err := n.db.Account(name.id)
		require.NoError(t, err)
		require.Equal(t, want, account.User.Role, "nothing changed")
	}
}

// A second identity is linked on the account's page, by who may.
func TestIdentitiesAreLinkedOnAPage(t *testing.T) {
	n := newNode(t)
	p := n.corp()
	owner, mod, ada, bert := n.person("olga", "owner"), n.person("mona", "moderator"), n.person("ada", "member"), n.person("bert", "member")
	n.knows(p, bert, `{}`)
	page := "/owner/accounts/" + ada.idText()
	require.Equal(t, http.StatusForbidden, mod.post(page+"/identities", "act", "link", "provider", "Corp IdP", "subject", "x").code)
	require.Equal(t, http.StatusConflict, owner.post(page+"/identities", "act", "link", "provider", "Corp IdP", "subject", "s-bert").code)
	require.Equal(t, http.StatusUnprocessableEntity, owner.post(page+"/identities", "act", "link", "provider", "Other", "subject", "x").code)
	owner.post(page+"/identities", "act", "link", "provider", "Corp IdP", "subject", "s-ada-2").ok().has("s-ada-2").has("account.link_identity")
	owner.post(page+"/identities", "act", "unlink", "provider", "Corp IdP", "subject", "s-ada-2").ok().has("account.unlink_identity").has("Nobody has signed in to this account through a provider")
}
