package auth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/telemetry"
)

const (
	linkPath     = "/auth/link/"
	signInLife   = 10 * time.Minute // from our page to the provider and back
	linkLife     = 15 * time.Minute
	callbackPath = "/auth/oidc/callback"
)

// crossOrigin refuses writes that another site's page started.
var crossOrigin = http.NewCrossOriginProtection()

// signInPage offers the providers. Where there is only one and somebody is on
// their way somewhere, it is no question.
func (a *Auth) signInPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	onward := url.Values{"return_to": {localPath(q.Get("return_to"))}}
	if q.Has("fresh") {
		onward.Set("fresh", "1")
	}
	if hint := loginHint(r); hint != "" {
		onward.Set("login_hint", hint)
	}
	if acr := wishedKinds(r); len(acr) > 0 {
		onward.Set("acr_values", strings.Join(acr, " "))
	}
	if len(a.Providers) == 1 && q.Get("return_to") != "" {
		http.Redirect(w, r, startPath(a.Providers[0])+"?"+onward.Encode(), http.StatusFound)
		return
	}
	a.show(w, http.StatusOK, page{Title: "Sign in", Kind: "sign_in", Doors: a.doors(onward)})
}

// signUpPage says to whom a client app sends here where accounts come from.
func (a *Auth) signUpPage(w http.ResponseWriter, _ *http.Request) {
	a.show(w, http.StatusOK, page{Title: "Sign up", Kind: "sign_in", Doors: a.doors(url.Values{}),
		Notice: "Nobody signs up here: your account is made when you sign in for the first time."})
}

// loginHint is what a link to the sign-in page says of who will sign in, for the
// provider to fill in. [OIDC Core] 3.1.2.1
func loginHint(r *http.Request) string {
	hint := r.URL.Query().Get("login_hint")
	if len(hint) > maxEmail || strings.ContainsFunc(hint, unicode.IsControl) {
		return ""
	}
	return hint
}

// wishedKinds are the kinds of sign-in that an app wants, see stepUp.
func wishedKinds(r *http.Request) []string {
	acr := r.URL.Query().Get("acr_values")
	if len(acr) > maxURI || strings.ContainsFunc(acr, unicode.IsControl) {
		return nil
	}
	return strings.Fields(acr)
}

// doors are the providers, with where each leads onward.
func (a *Auth) doors(onward url.Values) []door {
	var doors []door
	for _, p := range a.Providers {
		doors = append(doors, door{p.Name, startPath(p) + "?" + onward.Encode()})
	}
	return doors
}

// start sends the browser to a provider, and remembers it by a cookie: only
// the browser that began may come back.
func (a *Auth) start(w http.ResponseWriter, r *http.Request) {
	p := a.provider(r.PathValue("provider"))
	if p == nil {
		a.fail(w, r, fault.New(fault.NotFound, "There is no such identity provider here."))
		return
	}
	attempt, browser := NewAttempt(a.URL+callbackPath), a.browser(r)
	fresh, trial := r.URL.Query().Has("fresh"), r.URL.Query().Has("trial")
	link, err := p.AuthCodeURL(r.Context(), attempt, p.wish(fresh, loginHint(r), wishedKinds(r)))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	err = a.DB.Write(r.Context(), func(tx *store.Tx) error {
		return tx.CreateSignIn(&store.SignIn{
			StateHash: Hash(attempt.State), BrowserHash: Hash(browser), Provider: slug(p.Name), Nonce: attempt.Nonce, Verifier: attempt.Verifier,
			ReturnTo: localPath(r.URL.Query().Get("return_to")), ExpiresAt: store.Now().Add(signInLife),
			Fresh: fresh, Trial: trial,
		})
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.setCookie(w, browserName, browser, signInLife)
	noStore(w)
	http.Redirect(w, r, link, http.StatusFound)
}

// callback takes the provider's answer: find the attempt, check the browser,
// exchange the code, let in.
func (a *Auth) callback(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	begun, err := a.begun(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	p := a.provider(begun.Provider)
	if p == nil {
		a.fail(w, r, errExpired)
		return
	}
	c, err := a.answer(r, p, begun)
	switch {
	case begun.Trial:
		a.trial(w, r, p, c, err)
	case err != nil:
		telemetry.SignIn(p.Name, err)
		a.fail(w, r, err)
	default:
		a.enter(w, r, p, c, begun.ReturnTo)
	}
}

// answer is what a provider says of the person whom the browser brings back.
func (a *Auth) answer(r *http.Request, p *Provider, begun *store.SignIn) (Claims, error) {
	code, err := p.Code(r.Context(), r.URL.Query())
	if err != nil {
		return Claims{}, err
	}
	c, err := p.Exchange(r.Context(), code, Attempt{Nonce: begun.Nonce, Verifier: begun.Verifier, Redirect: a.URL + callbackPath})
	if err != nil {
		return Claims{}, err
	}
	return c, p.suffices(c, begun.Fresh)
}

var errExpired = fault.New(fault.Unauthorized, "This sign-in has expired, was used already, or was begun in another browser. Start it again.")

// begun takes the sign-in that the callback's state belongs to, once, if this
// is the browser that began it.
func (a *Auth) begun(r *http.Request) (*store.SignIn, error) {
	var s *store.SignIn
	err := a.DB.Write(r.Context(), func(tx *store.Tx) (err error) {
		s, err = tx.TakeSignIn(Hash(r.URL.Query().Get("state")))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil, errExpired
	}
	if err != nil {
		return nil, err
	}
	if !Same(a.browserHash(r), s.BrowserHash) {
		return nil, errExpired
	}
	return s, nil
}

// browserHash is by what a browser that signs in is remembered, empty for one
// that does not.
func (a *Auth) browserHash(r *http.Request) string {
	cookie, err := r.Cookie(a.cookieName(browserName))
	if err != nil {
		return ""
	}
	return Hash(cookie.Value)
}

// browser is the secret by which we know a browser while it signs in. It is
// kept over several attempts, so that two tabs can both come back.
func (a *Auth) browser(r *http.Request) string { return a.keptSecret(r, browserName) }

// keptSecret is what a browser has in a cookie, or a new secret for it.
func (a *Auth) keptSecret(r *http.Request, name string) string {
	cookie, err := r.Cookie(a.cookieName(name))
	if err == nil && len(cookie.Value) == len(NewSecret()) {
		return cookie.Value
	}
	return NewSecret()
}

// signOutPage asks, because a link must not sign anybody out.
func (a *Auth) signOutPage(w http.ResponseWriter, _ *http.Request) {
	a.show(w, http.StatusOK, page{Title: "Sign out", Kind: "ask", Notice: "Do you want to sign out on this browser?", Action: "/auth/sign_out", Button: "Sign out"})
}

// signOut ends the session here, and at the provider where it says how.
func (a *Auth) signOut(w http.ResponseWriter, r *http.Request) {
	if err := crossOrigin.Check(r); err != nil {
		a.fail(w, r, errForeign)
		return
	}
	s, err := a.endSession(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.setCookie(w, sessionName, "", 0)
	noStore(w)
	if s != nil && s.Issuer != "" {
		if link := a.endSessionURL(r.Context(), s); link != "" {
			http.Redirect(w, r, link, http.StatusSeeOther)
			return
		}
	}
	a.show(w, http.StatusOK, page{Title: "Signed out", Kind: "notice", Notice: "You are signed out here. You may still be signed in at your identity provider."})
}

var errForeign = fault.New(fault.Forbidden, "This request came from another site, so it was not carried out.")

// endSessionURL is the provider's sign-out page. Being signed out here does
// not depend on it.
func (a *Auth) endSessionURL(ctx context.Context, s *store.Session) string {
	for _, p := range a.Providers {
		if p.Issuer == s.Issuer {
			link, _ := p.EndSessionURL(ctx, s.IDToken, a.URL+"/")
			return link
		}
	}
	return ""
}

// SignInLink makes a one-time link that signs an account in, for when the
// provider is down and somebody must still get in. By is who makes it, 0 for
// the command line.
func (a *Auth) SignInLink(ctx context.Context, by, actor int64) (string, error) {
	secret := NewSecret()
	err := a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		if account.Actor.Impersonal() {
			return errImpersonal
		}
		if err := tx.CreateSignInLink(Hash(secret), actor, store.Now().Add(linkLife)); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.link", Subject: account.Actor.Username})
	})
	return a.URL + linkPath + secret, err
}

// link takes a one-time link. One that was typed or pasted is obeyed; one that
// another site led to asks first, lest it sign somebody in as somebody else.
func (a *Auth) link(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Method == http.MethodGet && site != "" && site != "none" {
		a.show(w, http.StatusOK, page{Title: "Sign in", Kind: "ask", Notice: "This link signs you in once, without your identity provider.", Action: r.URL.Path, Button: "Sign in"})
		return
	}
	if err := crossOrigin.Check(r); err != nil {
		a.fail(w, r, errForeign)
		return
	}
	secret, err := a.enterByLink(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.setCookie(w, sessionName, secret, a.sessionTTL())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *Auth) enterByLink(r *http.Request) (secret string, err error) {
	err = a.DB.Write(r.Context(), func(tx *store.Tx) error {
		actor, err := tx.TakeSignInLink(Hash(r.PathValue("token")))
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Unauthorized, "This link has expired or was used already. Ask for another.")
		}
		if err != nil {
			return err
		}
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		if err := mayEnter(account); err != nil {
			return err
		}
		secret, err = a.beginSession(tx, store.Session{ActorID: actor}, r)
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: actor, Action: "account.sign_in", Subject: account.Actor.Username, Detail: map[string]any{"link": true}})
	})
	return secret, err
}

// Provider finds a provider by its name, and nil where there is none.
func (a *Auth) Provider(name string) *Provider { return a.provider(slug(name)) }

// provider finds a provider by its name in our paths.
func (a *Auth) provider(name string) *Provider {
	for _, p := range a.Providers {
		if slug(p.Name) == name {
			return p
		}
	}
	return nil
}

// ProviderName is the name of the provider with an issuer, and the issuer itself
// where the settings name none.
func (a *Auth) ProviderName(issuer string) string {
	for _, p := range a.Providers {
		if p.Issuer == issuer {
			return p.Name
		}
	}
	return issuer
}

func startPath(p *Provider) string { return "/auth/oidc/" + slug(p.Name) + "/start" }

// Slug is the provider's name as it stands in paths.
func (p *Provider) Slug() string { return slug(p.Name) }

// slug is a provider's name as it stands in a path.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	return cmp.Or(strings.Join(words, "-"), "provider")
}

// localPath keeps a way back only if it stays on this node. Browsers read
// "//host" and "/\host" as another one.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(c rune) bool { return c == '\\' || unicode.IsControl(c) }) {
		return "/"
	}
	return path
}

func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
