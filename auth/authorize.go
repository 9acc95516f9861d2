package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const (
	codeLife          = time.Minute
	codeLifeOutOfBand = 10 * time.Minute // a person carries it over by hand
	freshFor          = 2 * time.Minute  // a sign-in as young as this satisfies force_login and every max_age
)

// asked is an authorization request that was found in order.
type asked struct {
	app       *store.App
	redirect  string
	scopes    Scopes
	state     string
	challenge string
	demand    demand
}

// authorize shows the page that asks whether an app may act for somebody.
func (a *Auth) authorize(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	q := r.URL.Query()
	req, err := a.parseAuthorize(r, q)
	if err != nil {
		a.refuse(w, r, req, err)
		return
	}
	who := WhoIs(r.Context())
	if a.stepUp(w, r, req, who) {
		return
	}
	whom, err := a.guises(r.Context(), who)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.show(w, http.StatusOK, page{
		Title: "Authorize " + req.app.Name, Kind: "consent", App: req.app, Who: who, Whom: whom, Action: "/oauth/authorize",
		Grants: grants(req.scopes.For(who.Powers)), Hidden: hidden(q), OutOfBand: req.redirect == outOfBand,
	})
}

// decide takes the page's answer. Everything is checked again: the form went
// through a browser.
func (a *Auth) decide(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if err := crossOrigin.Check(r); err != nil {
		a.fail(w, r, errForeign)
		return
	}
	q, err := params(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	req, err := a.parseAuthorize(r, q)
	if err != nil {
		a.refuse(w, r, req, err)
		return
	}
	who := WhoIs(r.Context())
	switch {
	case !who.Somebody():
		http.Redirect(w, r, a.signInFirst(q, false), http.StatusSeeOther)
		return
	case q.Get("decision") != "allow":
		a.refuse(w, r, req, &oauthError{http.StatusForbidden, "access_denied", "The resource owner or authorization server denied the request."})
		return
	}
	whom, err := a.chosen(r, who, q.Get("act_as"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	whom.Proof = who.Proof // it is the same person who says yes
	code, err := a.grantCode(r, req, whom)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	redirectTo(w, r, req, url.Values{"code": {code}})
}

// chosen is for whom the app shall act, as the page was answered: who is signed
// in, unless it says otherwise.
func (a *Auth) chosen(r *http.Request, who Who, actor string) (Who, error) {
	if actor == "" {
		return who, nil
	}
	whom, err := a.guises(r.Context(), who)
	if err != nil {
		return Who{}, err
	}
	for _, g := range whom {
		if strconv.FormatInt(g.ActorID, 10) == actor {
			return g.Who, nil
		}
	}
	return Who{}, errNoMember
}

// parseAuthorize checks an authorization request. With an error it returns
// what may be told to the app: nothing until the redirect URI is known to be
// the app's own.
func (a *Auth) parseAuthorize(r *http.Request, q url.Values) (*asked, error) {
	app, err := a.DB.With(r.Context()).App(q.Get("client_id"))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.BadRequest, "The app that sent you here is not known to this node. Remove this account from the app and add it again.")
	}
	if err != nil {
		return nil, err
	}
	if !a.welcome(app) {
		return nil, errUnwelcome
	}
	// Compared byte by byte: nothing is normalised. RFC 6749 3.1.2.3
	if !slices.Contains(strings.Split(app.RedirectURIs, "\n"), q.Get("redirect_uri")) {
		return nil, fault.New(fault.BadRequest, "The redirect uri included is not valid.")
	}
	req := &asked{app: app, redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge")}
	if q.Get("response_type") != "code" {
		return req, &oauthError{http.StatusBadRequest, "unsupported_response_type", "The authorization server does not support this response type."}
	}
	if len(req.state) > maxURI {
		return req, badRequest("The state is too long.")
	}
	// RFC 7636 4.3: without a method it is "plain", which protects nothing.
	if method := q.Get("code_challenge_method"); (req.challenge != "" || method != "") && (method != "S256" || len(req.challenge) != 43) {
		return req, badRequest("The code_challenge_method must be S256.")
	}
	if req.demand, err = demandOf(q); err != nil {
		return req, err
	}
	registered := Scopes(strings.Fields(app.Scopes))
	req.scopes, err = ParseScopes(q.Get("scope"))
	if err != nil || !req.scopes.Within(registered) {
		return req, errScopes
	}
	return req, nil
}

// signInFirst is the way to the sign-in page and back here. What a fresh sign-in
// answers is not asked on the way back.
func (a *Auth) signInFirst(q url.Values, fresh bool) string {
	back := url.Values{}
	for _, name := range authorizeParams {
		if q.Has(name) && !(fresh && slices.Contains(freshParams, name)) {
			back.Set(name, q.Get(name))
		}
	}
	if fresh {
		back.Set(askedBefore, "1")
	}
	onward := url.Values{"return_to": {"/oauth/authorize?" + back.Encode()}}
	if fresh {
		onward.Set("fresh", "1")
	}
	if q.Has("acr_values") {
		onward.Set("acr_values", q.Get("acr_values"))
	}
	return "/auth/sign_in?" + onward.Encode()
}

var (
	pageParams      = []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "lang"}
	freshParams     = []string{"force_login", "max_age", "prompt"}
	authorizeParams = slices.Concat(pageParams, freshParams, []string{"acr_values", askedBefore})
)

// hidden are the fields that carry the request through the page.
func hidden(q url.Values) map[string]string {
	fields := map[string]string{}
	for _, name := range pageParams {
		if q.Has(name) {
			fields[name] = q.Get(name)
		}
	}
	return fields
}

// grantCode writes down that somebody said yes.
func (a *Auth) grantCode(r *http.Request, req *asked, who Who) (string, error) {
	code, life := NewSecret(), codeLife
	if req.redirect == outOfBand {
		life = codeLifeOutOfBand
	}
	scopes := req.scopes.For(who.Powers)
	if len(scopes) == 0 {
		return "", fault.New(fault.Forbidden, "The app asks only for what your role does not allow.")
	}
	ctx := store.WithActing(r.Context(), store.Acting{By: who.ActedBy})
	return code, a.DB.Write(ctx, func(tx *store.Tx) error {
		err := tx.CreateCode(&store.Code{
			CodeHash: Hash(code), AppID: req.app.ID, ActorID: who.ActorID, ActedBy: who.ActedBy, RedirectURI: req.redirect, Scopes: scopes.String(),
			Challenge: req.challenge, CreatedAt: store.Now(), ExpiresAt: store.Now().Add(life),
			ProvedAt: who.ProvedAt, ACR: who.ACR, Issuer: who.Issuer,
		})
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: "app.authorize", Subject: req.app.Name,
			Detail: map[string]any{"client_id": req.app.ClientID, "scopes": scopes.String()}})
	})
}

// refuse tells the app, when the error is for it, or else the person.
func (a *Auth) refuse(w http.ResponseWriter, r *http.Request, req *asked, err error) {
	e, forApp := errors.AsType[*oauthError](err)
	if req == nil || !forApp {
		a.fail(w, r, err)
		return
	}
	if req.redirect == outOfBand {
		a.fail(w, r, fault.New(fault.BadRequest, e.description))
		return
	}
	redirectTo(w, r, req, url.Values{"error": {e.code}, "error_description": {e.description}})
}

// redirectTo sends the browser back to the app. The redirect URI stays as it
// was registered, byte by byte, and its query is added to.
func redirectTo(w http.ResponseWriter, r *http.Request, req *asked, answer url.Values) {
	if req.state != "" {
		answer.Set("state", req.state)
	}
	target := req.redirect
	if target == outOfBand {
		target = "/oauth/authorize/native"
	}
	join := "?"
	if strings.Contains(target, "?") {
		join = "&"
	}
	// Set by hand: http.Redirect would take a custom scheme for a path.
	w.Header().Set("Location", target+join+answer.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

// native shows the code to somebody who carries it over to the app.
func (a *Auth) native(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	code := r.URL.Query().Get("code")
	if len(code) != len(NewSecret()) || strings.ContainsFunc(code, func(c rune) bool { return !isCodeRune(c) }) {
		a.fail(w, r, fault.New(fault.BadRequest, "There is no code here. Start again in the app."))
		return
	}
	a.show(w, http.StatusOK, page{Title: "Authorization code", Kind: "code", Code: code})
}

func isCodeRune(c rune) bool {
	return c == '-' || c == '_' || ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
}

// proves reports whether a verifier belongs to a PKCE challenge. A challenge
// once made must be met, and a verifier without one is a sign that somebody
// took the challenge away. RFC 7636 4.6, RFC 9700 2.1.1
func proves(verifier, challenge string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return Same(base64.RawURLEncoding.EncodeToString(sum[:]), challenge)
}
