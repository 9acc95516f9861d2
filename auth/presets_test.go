package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/auth"
)

// product is how an identity provider answers, as its documentation has it. A nil
// value takes a claim or an endpoint away.
type product struct {
	issuer   string // below the host; empty: the host itself
	document map[string]any
	claims   map[string]any
	userinfo map[string]any // nil: nobody should ask
	sign     func(t *testing.T, h *hostile)
	setUp    func(p *auth.Provider)

	claim, value  string // that makes somebody an administrator
	verified      bool   // the address
	sid           bool
	leads         bool // signing out leads there
	authenticates string
}

// TestProducts plays the answers of the products in docs/providers.md.
func TestProducts(t *testing.T) {
	post := map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"}}
	for name, product := range map[string]product{
		"Entra ID": {
			issuer: "/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0", document: post,
			claims: map[string]any{"email_verified": nil, "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": "9122040d-6c67-4c5b-b112-36a304b66dad", "ver": "2.0",
				"groups": nil, "roles": []string{"Parley.Admin"}, "nbf": time.Now().Unix(), "auth_time": nil},
			userinfo: map[string]any{"sub": "s-1", "name": "Ada", "picture": "https://graph.microsoft.com/v1.0/me/photo/$value"},
			claim:    "roles", value: "Parley.Admin", sid: true, leads: true, authenticates: "basic",
			setUp: func(p *auth.Provider) { p.SCIMClaim = "oid" },
		},
		"Entra ID with a certificate": {
			issuer: "/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0", document: post,
			claims: map[string]any{"email_verified": nil, "groups": []string{"0f8a4d2e-6c67-4c5b-b112-36a304b66dad"}},
			claim:  "groups", value: "0f8a4d2e-6c67-4c5b-b112-36a304b66dad", sid: true, leads: true, authenticates: "certificate",
			setUp: func(p *auth.Provider) { p.ClientSecret = "" },
		},
		"Okta": {
			document: post,
			claims: map[string]any{"name": nil, "preferred_username": nil, "email": nil, "email_verified": nil, "ver": 1, "jti": "ID.x", "amr": []string{"mfa", "pwd"},
				"idp": "00oixa26ycdNcX0VT0h7", "groups": []string{"Parley admins"}},
			userinfo: map[string]any{"sub": "s-1", "name": "Ada", "preferred_username": "ada", "email": "ada@corp.example", "email_verified": true},
			claim:    "groups", value: "Parley admins", verified: true, sid: true, leads: true, authenticates: "basic",
		},
		"Google Workspace": {
			document: map[string]any{"end_session_endpoint": nil, "token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"}},
			claims:   map[string]any{"azp": "parley", "hd": "corp.example", "preferred_username": nil, "groups": nil, "sid": nil, "auth_time": nil},
			userinfo: map[string]any{"sub": "s-1", "name": "Ada", "email": "ada@corp.example", "email_verified": true, "hd": "corp.example"},
			claim:    "hd", value: "corp.example", verified: true, authenticates: "basic",
		},
		"Keycloak": {
			issuer:   "/realms/main",
			document: map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth"}, "authorization_response_iss_parameter_supported": true},
			claims:   map[string]any{"azp": "parley", "typ": "ID", "acr": "1", "groups": nil, "realm_access": map[string]any{"roles": []string{"offline_access", "parley-admin"}}},
			userinfo: map[string]any{"sub": "s-1"},
			claim:    "realm_access.roles", value: "parley-admin", verified: true, sid: true, leads: true, authenticates: "basic",
		},
		"Authentik": {
			issuer:   "/application/o/parley/",
			document: post,
			claims:   map[string]any{"email_verified": false, "groups": []string{"parley admins"}, "acr": "goauthentik.io/providers/oauth2/default"},
			claim:    "groups", value: "parley admins", sid: true, leads: true, authenticates: "basic",
		},
		"Dex": {
			issuer: "/dex", document: map[string]any{"end_session_endpoint": nil, "token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"}},
			claims:   map[string]any{"groups": []string{"admins"}, "email_verified": nil, "sid": nil},
			userinfo: map[string]any{"sub": "s-1"},
			sign:     func(t *testing.T, h *hostile) { h.es256(t) },
			claim:    "groups", value: "admins", authenticates: "basic",
		},
		"Zitadel": {
			document: map[string]any{"token_endpoint_auth_methods_supported": []string{"none", "client_secret_basic", "client_secret_post", "private_key_jwt"}},
			claims: map[string]any{"name": nil, "preferred_username": nil, "email": nil, "email_verified": nil, "groups": nil, "azp": "parley", "aud": []string{"parley", "project"},
				"amr": []string{"pwd", "mfa"}, "client_id": "parley"},
			userinfo: map[string]any{"sub": "s-1", "name": "Ada", "preferred_username": "ada", "email": "ada@corp.example", "email_verified": true,
				"urn:zitadel:iam:org:project:roles": map[string]any{"parley-admin": map[string]any{"165461784654": "corp.zitadel.cloud"}}},
			claim: "urn:zitadel:iam:org:project:roles.parley-admin.165461784654", value: "corp.zitadel.cloud", verified: true, sid: true, leads: true, authenticates: "basic",
		},
		"AD FS": {
			issuer:   "/adfs",
			document: map[string]any{"access_token_issuer": "http://adfs.corp.example/adfs/services/trust", "token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "windows_client_authentication"}},
			claims:   map[string]any{"preferred_username": nil, "name": nil, "email_verified": nil, "upn": "ada@corp.example", "unique_name": `CORP\ada`, "groups": "Parley Admins"},
			userinfo: map[string]any{"sub": "s-1"},
			claim:    "groups", value: "Parley Admins", sid: true, leads: true, authenticates: "basic",
		},
		"Glewlwyd": {
			issuer:   "/api/oidc",
			document: map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_basic"}},
			claims:   map[string]any{"email_verified": nil, "auth_time": 0, "azp": "parley", "amr": []string{"session"}, "groups": []string{"admins"}},
			claim:    "groups", value: "admins", sid: true, leads: true, authenticates: "basic",
		},
	} {
		t.Run(name, func(t *testing.T) { product.play(t) })
	}
}

func (product product) play(t *testing.T) {
	h := newHostile(t)
	issuer := h.URL + product.issuer
	h.document["issuer"], h.claims["iss"] = issuer, issuer
	for _, change := range []struct{ of, to map[string]any }{{product.document, h.document}, {product.claims, h.claims}} {
		for name, value := range change.of {
			if change.to[name] = value; value == nil {
				delete(change.to, name)
			}
		}
	}
	h.userinfo = nil // an error
	if product.userinfo != nil {
		h.userinfo = product.userinfo
	}
	if product.sign != nil {
		product.sign(t, h)
	}
	p := h.relyingParty()
	p.Issuer, p.Key = issuer, nil
	if product.authenticates == "certificate" {
		key, certificate := certified(t, oneKey())
		var err error
		p.Key, err = auth.ReadClientKey(pemFileOf(t, key, certificate))
		require.NoError(t, err)
	}
	p.Rules = rulesFor(product.claim, map[string]string{product.value: "admin"})
	if product.setUp != nil {
		product.setUp(p)
	}
	c, err := h.exchange(t, p)
	require.NoError(t, err)
	assert.Equal(t, []string{issuer, "s-1"}, []string{c.Issuer, c.Subject})
	assert.Equal(t, auth.Admin, p.Decide(c).Role)
	assert.Equal(t, "ada@corp.example", c.Email)
	assert.Equal(t, product.verified, c.EmailVerified)
	assert.Equal(t, product.sid, c.SessionID != "")
	assert.NotEqual(t, "someone", p.Names.For(c), "there is something to call them by")
	assert.Equal(t, product.authenticates, h.proof())
	if p.SCIMClaim != "" {
		assert.Equal(t, c.Raw[p.SCIMClaim], p.ExternalID(c))
	}
	link, err := p.EndSessionURL(t.Context(), c.IDToken, "http://node.localhost/")
	require.NoError(t, err)
	assert.Equal(t, product.leads, link != "")
}
