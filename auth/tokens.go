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
	var t *issued
	switch grant := q.Get("grant_type"); {
	case grant == "authorization_code":
		t, err = a.redeem(r.Context(), app, q)
	case grant == "client_credentials":
		t, err = a.forApp(r.Context(), app, q)
	case grant == "refresh_token" && a.TokenTTL > 0:
		t, err = a.renew(r.Context(), app, q.Get("refresh_token"))
	default:
		err = errGrantType
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, t.entity())
}

// issued is a token with the secrets that only its holder is ever told.
type issued struct {
	store.Token
	secret, refresh string
}

// entity is the answer of RFC 6749 5.1. There is no expires_in unless the
// node's owner wants one: few client apps refresh, the others sign people out.
func (t *issued) entity() map[string]any {
	e := map[string]any{"access_token": t.secret, "token_type": "Bearer", "scope": t.Scopes, "created_at": t.CreatedAt.Time().Unix()}
	if t.ExpiresAt != 0 {
		e["expires_in"] = int64(t.ExpiresAt.Time().Sub(store.Now().Time()).Seconds())
	}
	if t.refresh != "" {
		e["refresh_token"] = t.refresh
	}
	return e
}

// newToken is a token without an end. Whoever has it made by command counts as
// having proved then who they are; what comes of a code says when that was.
func newToken(app, actor int64, scopes string) *issued {
	secret, now := NewSecret(), store.Now()
	return &issued{store.Token{ID: store.NewID(), TokenHash: Hash(secret), AppID: app, ActorID: actor, Scopes: scopes, CreatedAt: now, ProvedAt: now}, secret, ""}
}

// limit gives a token its end, and what renews it before or after that.
func (a *Auth) limit(t *issued) {
	if a.TokenTTL > 0 {
		t.refresh = NewSecret()
		t.RefreshHash, t.ExpiresAt = Hash(t.refresh), store.Now().Add(a.TokenTTL)
	}
}

// redeem turns a code into a token. A code that comes a second time was
// stolen by one of the two, so that the token it became ends. RFC 6749 4.1.2
func (a *Auth) redeem(ctx context.Context, app *store.App, q url.Values) (t *issued, err error) {
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
		if c.ActedBy != 0 {
			if may, err := tx.MayActAs(c.ActedBy, c.ActorID); err != nil || !may {
				return err
			}
		}
		t = newToken(app.ID, c.ActorID, c.Scopes)
		t.ActedBy, t.ProvedAt, t.ACR, t.Issuer = c.ActedBy, c.ProvedAt, c.ACR, c.Issuer
		a.limit(t)
		if err := tx.CreateToken(&t.Token); err != nil {
			return err
		}
		return tx.SetCodeToken(hash, t.ID)
	})
	if err == nil && t == nil {
		err = errGrant
	}
	return t, err
}

// renew gives a token new secrets. The person must still be here, and what they
// may do now is what the token may do. A refresh token that comes a second time
// was stolen by one of the two, so that the token ends. RFC 9700 4.14.2
//
// Of whom the provider has to be asked again (Recheck) the tokens are renewed until
// it has answered: it is that job which ends access, not the lack of an answer.
func (a *Auth) renew(ctx context.Context, app *store.App, refresh string) (t *issued, err error) {
	hash := Hash(refresh)
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		t = nil
		old, err := tx.Renewable(hash)
		if fault.Is(err, fault.NotFound) || err == nil && old.AppID != app.ID {
			return nil
		}
		if err != nil {
			return err
		}
		if !Same(hash, old.RefreshHash) {
			return tx.RevokeTokenByID(old.ID)
		}
		account, err := tx.Account(old.ActorID)
		if err != nil || account.Actor.Lifecycle != store.Active {
			return err
		}
		t = newToken(app.ID, old.ActorID, Scopes(strings.Fields(old.Scopes)).For(PowersOf(account.User.Role, account.User.Permissions)).String())
		a.limit(t)
		t.ID, t.SpentHash = old.ID, hash
		return tx.RenewToken(&t.Token)
	})
	if err == nil && t == nil {
		err = errGrant
	}
	return t, err
}

// forApp makes a token that acts for nobody.
func (a *Auth) forApp(ctx context.Context, app *store.App, q url.Values) (*issued, error) {
	scopes, err := ParseScopes(q.Get("scope"))
	if err != nil || !scopes.Within(strings.Fields(app.Scopes)) {
		return nil, errScopes
	}
	t := newToken(app.ID, 0, scopes.String())
	return t, a.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreateToken(&t.Token) })
}

// IssueToken makes a token for an account without an app: the owner's command.
func (a *Auth) IssueToken(ctx context.Context, by, actor int64, scopes Scopes) (string, error) {
	t := newToken(0, actor, scopes.String())
	return t.secret, a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		switch {
		case account.Actor.Shared():
			return fault.New(fault.Invalid, "A shared account has no tokens without a person: its members let apps act for it")
		case account.Actor.Robot():
			return fault.New(fault.Invalid, "This is a bot: make its tokens with parley bot token")
		}
		if err := tx.CreateToken(&t.Token); err != nil {
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
	grants := []string{"authorization_code", "client_credentials"}
	if a.TokenTTL > 0 {
		grants = append(grants, "refresh_token")
	}
	about := map[string]any{
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
		"grant_types_supported":                 grants,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	}
	if kinds := a.kinds(); len(kinds) > 0 {
		about["acr_values_supported"] = kinds
	}
	writeJSON(w, http.StatusOK, about)
}
