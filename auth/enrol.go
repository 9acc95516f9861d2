package auth

import (
	"errors"
	"net/http"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/telemetry"
	"parley/internal/text"
)

const enrolPath = "/auth/name"

// errNameless says that somebody has to choose a name first.
var errNameless = errors.New("no name was chosen")

// enter lets in whom a provider vouched for, after asking for a name where a new
// account needs one.
func (a *Auth) enter(w http.ResponseWriter, r *http.Request, p *Provider, c Claims, returnTo string) {
	kept, err := a.admit(r, p, c, "")
	if errors.Is(err, errNameless) {
		a.askName(w, r, &store.Enrolment{Provider: slug(p.Name), Issuer: c.Issuer, Subject: c.Subject, Claims: jsonOf(c.Raw), IDToken: c.IDToken, RefreshToken: c.RefreshToken,
			ReturnTo: returnTo, BrowserHash: a.browserHash(r), ExpiresAt: store.Now().Add(signInLife)}, p.Names.For(c), "")
		return
	}
	telemetry.SignIn(p.Name, err)
	a.entered(w, r, kept, returnTo, err)
}

// entered ends a sign-in. The browser's own cookie stays for its ten minutes:
// another tab may be on its way.
func (a *Auth) entered(w http.ResponseWriter, r *http.Request, kept secrets, returnTo string, err error) {
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.setCookie(w, sessionName, kept.session, a.sessionTTL())
	a.setCookie(w, deviceName, kept.device, deviceLife)
	http.Redirect(w, r, localPath(returnTo), http.StatusSeeOther)
}

// askName shows a form that can be sent once, from this browser.
func (a *Auth) askName(w http.ResponseWriter, r *http.Request, e *store.Enrolment, name, notice string) {
	secret := NewSecret()
	e.TokenHash = Hash(secret)
	if err := a.DB.Write(r.Context(), func(tx *store.Tx) error { return tx.CreateEnrolment(e) }); err != nil {
		a.fail(w, r, err)
		return
	}
	if usable, ok := text.Username(name); ok {
		name = usable
	}
	a.show(w, http.StatusOK, page{Title: "Choose your user name", Kind: "name", Notice: notice, Action: enrolPath, Button: "Continue",
		Code: name, Hidden: map[string]string{"enrolment": secret}})
}

// enrol makes the account of who has chosen a name. Where it cannot be that one,
// the person is asked again.
func (a *Auth) enrol(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if err := crossOrigin.Check(r); err != nil {
		a.fail(w, r, errForeign)
		return
	}
	var e *store.Enrolment
	err := a.DB.Write(r.Context(), func(tx *store.Tx) (err error) {
		e, err = tx.TakeEnrolment(Hash(r.PostFormValue("enrolment")), a.browserHash(r))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = errExpired
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	p := a.provider(e.Provider)
	if p == nil || p.Issuer != e.Issuer {
		a.fail(w, r, errExpired)
		return
	}
	c := claimsOf(e.Issuer, e.Subject, parsed(e.Claims))
	c.IDToken, c.RefreshToken = e.IDToken, e.RefreshToken
	name := strings.ToLower(strings.TrimSpace(r.PostFormValue("name")))
	if !text.ValidUsername(name) {
		a.askName(w, r, e, name, fault.Message(errName))
		return
	}
	kept, err := a.admit(r, p, c, name)
	if fault.Is(err, fault.Conflict) {
		a.askName(w, r, e, name, fault.Message(err))
		return
	}
	telemetry.SignIn(p.Name, err)
	a.entered(w, r, kept, e.ReturnTo, err)
}
