package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// token answers /oauth/token.
func (a *Auth) token(w http.ResponseWriter, r *http.Request) {
	q, err := params(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	app, err := a.client(r, q)
	if err != nil {
		writeError(w, r, err)
		return
	}
	var t *store.Token
	var secret string
	switch q.Get("grant_type") {
	case "authorization_code":
		t, secret, err = a.redeem(r.Context(), app, q)
	case "client_credentials":
		t, secret, err = a.forApp(r.Context(), app, q)
	default:
		err = errGrantType
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	// No expires_in: client apps do not refresh, they would sign people out.
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": secret, "token_type": "Bearer", "scope": t.Scopes, "created_at": t.CreatedAt.Time().Unix(),
	})
}

// redeem turns a code into a token. A code that comes a second time was
// stolen by one of the two, so that the token it became ends. RFC 6749 4.1.2
func (a *Auth) redeem(ctx context.Context, app *store.App, q url.Values) (t *store.Token, secret string, err error) {
	secret = NewSecret()
	hash := Hash(q.Get("code"))
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		t = nil // nothing but what the last run of this function did counts
		c, err := tx.UseCode(hash)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.UsedAt != 0 {
			return tx.RevokeTokenByID(c.TokenID)
		}
		if c.AppID != app.ID || c.ExpiresAt <= store.Now() || c.RedirectURI != q.Get("redirect_uri") || !proves(q.Get("code_verifier"), c.Challenge) {
			return nil
		}
		account, err := tx.Account(c.ActorID)
		if err != nil || account.Actor.Lifecycle != store.Active {
			return err
		}
		t = newToken(secret, app.ID, c.ActorID, c.Scopes)
		if err := tx.CreateToken(t); err != nil {
			return err
		}
		return tx.SetCodeToken(hash, t.ID)
	})
	if err == nil && t == nil {
		err = errGrant
	}
	return t, secret, err
}

// forApp makes a token that acts for nobody.
func (a *Auth) forApp(ctx context.Context, app *store.App, q url.Values) (*store.Token, string, error) {
	scopes, err := ParseScopes(q.Get("scope"))
	if err != nil || !scopes.Within(strings.Fields(app.Scopes)) {
		return nil, "", errScopes
	}
	secret := NewSecret()
	t := newToken(secret, app.ID, 0, scopes.String())
	return t, secret, a.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreateToken(t) })
}

func newToken(secret string, app, actor int64, scopes string) *store.Token {
	return &store.Token{ID: store.NewID(), TokenHash: Hash(secret), AppID: app, ActorID: actor, Scopes: scopes, CreatedAt: store.Now()}
}

// IssueToken makes a token for an account without an app: the owner's command.
func (a *Auth) IssueToken(ctx context.Context, by, actor int64, scopes Scopes) (string, error) {
	secret := NewSecret()
	return secret, a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		if err := tx.CreateToken(newToken(secret, 0, actor, scopes.String())); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.token", Subject: account.Actor.Username, Detail: map[string]any{"scopes": scopes.String()}})
	})
}

// revoke ends a token of the app that asks. A token that is not there is not
// an error: it is as dead as it should be. RFC 7009 2.2
func (a *Auth) revoke(w http.ResponseWriter, r *http.Request) {
	q, err := params(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	app, err := a.client(r, q)
	if err != nil {
		writeError(w, r, err)
		return
	}
	err = a.DB.Write(r.Context(), func(tx *store.Tx) error { return tx.RevokeToken(Hash(q.Get("token")), app.ID) })
	if err != nil {
		writeError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, struct{}{})
}

// userinfo tells an app whom it acts for. [OIDC Core] 5.3, as Mastodon has it
func (a *Auth) userinfo(w http.ResponseWriter, r *http.Request) {
	actor, err := a.DB.With(r.Context()).Actor(WhoIs(r.Context()).ActorID)
	if err != nil {
		writeError(w, r, err)
		return
	}
	info := map[string]any{
		"iss": a.URL, "sub": actor.URI, "name": actor.Name(), "preferred_username": actor.Username,
		"profile": a.URL + "/@" + actor.Username,
	}
	if strings.HasPrefix(actor.Avatar, "http") {
		info["picture"] = actor.Avatar
	}
	writeJSON(w, http.StatusOK, info)
}

// metadata announces the endpoints. RFC 8414
func (a *Auth) metadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                a.URL,
		"authorization_endpoint":                a.URL + "/oauth/authorize",
		"token_endpoint":                        a.URL + "/oauth/token",
		"revocation_endpoint":                   a.URL + "/oauth/revoke",
		"userinfo_endpoint":                     a.URL + "/oauth/userinfo",
		"app_registration_endpoint":             a.URL + "/api/v1/apps",
		"service_documentation":                 "https://docs.joinmastodon.org/",
		"scopes_supported":                      KnownScopes(),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}
