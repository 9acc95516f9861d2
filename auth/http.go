package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/audit"
	"parley/internal/store"
)

// Route is one way in, for the front door's list.
type Route struct {
	Method  string
	Path    string
	Handler gin.HandlerFunc
}

// Routes are the ways into this room.
func (a *Auth) Routes() []Route {
	return []Route{
		{"GET", "/auth/sign_in", open(a.signInPage)},
		{"GET", "/auth/sign_up", open(a.signUpPage)},
		{"GET", "/auth/oidc/:provider/start", open(a.start)},
		{"GET", callbackPath, open(a.callback)},
		{"POST", enrolPath, open(a.enrol)},
		{"GET", "/auth/oidc/:provider/jwks.json", open(a.clientKeys)},
		{"POST", "/auth/oidc/:provider/backchannel_logout", open(a.backChannelLogout)},
		{"GET", "/auth/oidc/:provider/frontchannel_logout", open(a.frontChannelLogout)},
		{"GET", "/auth/sign_out", open(a.signOutPage)},
		{"POST", "/auth/sign_out", open(a.signOut)},
		{"GET", linkPath + ":token", open(a.link)},
		{"POST", linkPath + ":token", open(a.link)},
		{"GET", "/auth/style.css", open(style)},

		{"POST", "/api/v1/apps", open(a.registerApp)},
		{"GET", "/api/v1/apps/verify_credentials", a.withToken(a.verifyApp)},
		{"GET", "/oauth/authorize", a.inBrowser(a.authorize)},
		{"POST", "/oauth/authorize", a.inBrowser(a.decide)},
		{"GET", "/oauth/authorize/native", open(a.native)},
		{"POST", "/oauth/token", open(a.token)},
		{"POST", "/oauth/revoke", open(a.revoke)},
		{"GET", "/oauth/userinfo", a.asPerson(a.userinfo, "profile", "read", "read:accounts")},
		{"POST", "/oauth/userinfo", a.asPerson(a.userinfo, "profile", "read", "read:accounts")},
		{"GET", "/.well-known/oauth-authorization-server", open(a.metadata)},
	}
}

// Require lets in tokens of a person that have one of the scopes.
func (a *Auth) Require(scopes ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		who, err := a.bearer(c)
		switch {
		case err != nil:
		case who.TokenID == 0:
			err = errToken
		case !who.Somebody():
			err = errPerson
		case !who.Scopes.Allows(scopes...):
			err = errScope
		}
		a.pass(c, who, err)
	}
}

// RequireToken lets in every live token, an app's own too.
func (a *Auth) RequireToken() gin.HandlerFunc {
	return func(c *gin.Context) {
		who, err := a.bearer(c)
		if err == nil && who.TokenID == 0 {
			err = errToken
		}
		a.pass(c, who, err)
	}
}

// Optional lets in anybody. A token that is sent must be live, and a person's
// must have one of the scopes; an app's own token is nobody.
func (a *Auth) Optional(scopes ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		who, err := a.bearer(c)
		if err == nil && who.Somebody() && !who.Scopes.Allows(scopes...) {
			err = errScope
		}
		a.pass(c, who, err)
	}
}

// RequireSession lets in browsers that are signed in, and sends the others to
// the sign-in page.
func (a *Auth) RequireSession() gin.HandlerFunc {
	return func(c *gin.Context) {
		who, err := a.SessionOf(c.Request)
		if err == nil && !who.Somebody() && c.Request.Method == http.MethodGet {
			back := url.Values{"return_to": {c.Request.URL.RequestURI()}}
			c.Redirect(http.StatusFound, "/auth/sign_in?"+back.Encode())
			c.Abort()
			return
		}
		if err == nil && !who.Somebody() {
			err = errSignedOut
		}
		if err != nil {
			a.fail(c.Writer, c.Request, err)
			c.Abort()
			return
		}
		identify(c, who)
	}
}

// RequireProof lets in browsers whose person has signed in of late, as far as the
// provider says when that was, and in the way that it wants for this, and has the
// others do so. It comes after
// RequireSession.
func (a *Auth) RequireProof() gin.HandlerFunc {
	return func(c *gin.Context) {
		sends := c.Request.Method != http.MethodGet
		if c.IsAborted() {
			return
		}
		who := WhoIs(c.Request.Context())
		if who.proven(sends) {
			return
		}
		if sends {
			a.fail(c.Writer, c.Request, who.unproven())
		} else {
			again := url.Values{"fresh": {"1"}, "return_to": {c.Request.URL.RequestURI()}}
			c.Redirect(http.StatusFound, "/auth/sign_in?"+again.Encode())
		}
		c.Abort()
	}
}

// RequireAdminProof lets in tokens whose person signed in of late, and in the way
// that privileged acts want, where the node's owner asks for that. It comes after
// Require.
func (a *Auth) RequireAdminProof() gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.IsAborted() || a.AdminMaxAge == 0 {
			return
		}
		p := WhoIs(c.Request.Context()).Proof
		stale := store.Now() > p.ProvedAt.Add(a.AdminMaxAge)
		if !stale && !p.Weak {
			return
		}
		const words = "This needs a sign-in of late, and of the kind that administrators need here. Sign in again in the app."
		challenge := fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description=%q`, words)
		if stale {
			challenge += fmt.Sprintf(`, max_age="%d"`, int(a.AdminMaxAge.Seconds()))
		}
		if p.Weak {
			challenge += fmt.Sprintf(`, acr_values=%q`, strings.Join(a.privileged(p.Issuer), " "))
		}
		c.Header("WWW-Authenticate", challenge) // RFC 9470 3
		writeJSON(c.Writer, http.StatusUnauthorized, map[string]string{"error": words})
		c.Abort()
	}
}

// OptionalSession tells who a browser is, which may be nobody.
func (a *Auth) OptionalSession() gin.HandlerFunc {
	return func(c *gin.Context) {
		who, err := a.SessionOf(c.Request)
		if err != nil {
			a.fail(c.Writer, c.Request, err)
			c.Abort()
			return
		}
		identify(c, who)
	}
}

// bearer is whose token a request carries: nobody's, if it carries none.
func (a *Auth) bearer(c *gin.Context) (Who, error) {
	secret := bearerOf(c.Request)
	if secret == "" {
		return Who{}, nil
	}
	return a.Bearer(c.Request.Context(), secret)
}

// pass goes on as who, or ends the request with the error.
func (a *Auth) pass(c *gin.Context, who Who, err error) {
	if err != nil {
		writeError(c.Writer, c.Request, err)
		c.Abort()
		return
	}
	identify(c, who)
}

// identify goes on as who. Whatever is done as a shared account carries the name
// of the person, and as a bot's doings leaves a line in the audit trail: where
// the act has none of its own, one that names the route.
func identify(c *gin.Context, who Who) {
	ctx := With(c.Request.Context(), who)
	if who.ActedBy != 0 || who.Role == Bot {
		acting := store.Acting{By: who.ActedBy}
		if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
			acting.Witness = witness(c, who)
		}
		ctx = store.WithActing(ctx, acting)
	}
	c.Request = c.Request.WithContext(ctx)
}

// witness writes the line of an act that has no other.
func witness(c *gin.Context, who Who) func(*store.Tx) error {
	detail := map[string]any{"route": c.Request.Method + " " + c.FullPath()}
	for _, p := range c.Params {
		detail[p.Key] = p.Value
	}
	if who.TokenID != 0 {
		detail["token"] = who.TokenID
	}
	return func(tx *store.Tx) error {
		return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: "account.act", Subject: who.Username, Detail: detail})
	}
}

// open gives a plain handler the path's parameters and the client's address.
func open(handler http.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.IsAborted() {
			return
		}
		r := c.Request.WithContext(context.WithValue(c.Request.Context(), addressKey{}, c.ClientIP()))
		for _, p := range c.Params {
			r.SetPathValue(p.Key, p.Value)
		}
		handler(c.Writer, r)
	}
}

func (a *Auth) inBrowser(handler http.HandlerFunc) gin.HandlerFunc {
	return both(a.OptionalSession(), open(handler))
}

func (a *Auth) withToken(handler http.HandlerFunc) gin.HandlerFunc {
	return both(a.RequireToken(), open(handler))
}

func (a *Auth) asPerson(handler http.HandlerFunc, scopes ...string) gin.HandlerFunc {
	return both(a.Require(scopes...), open(handler))
}

// both runs a check and then, unless it ended the request, the handler.
func both(check, handler gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		check(c)
		handler(c)
	}
}
