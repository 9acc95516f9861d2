package auth

import (
	"context"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// What a provider says about the end of a session. By the back channel, signed,
// it ends everything that the person has here: the sessions, and the apps, whose
// sign-in at the provider is often long over, so that nothing else would ever
// end them. By the front channel, where only the person's browser speaks, it
// ends the sessions of that browser.

// maxLogout bounds the form of a back-channel logout.
const maxLogout = 64 << 10

// backChannelLogout takes a logout token from a provider itself.
// [Back-Channel Logout] 2.5 to 2.8
func (a *Auth) backChannelLogout(w http.ResponseWriter, r *http.Request) {
	p := a.provider(r.PathValue("provider"))
	if p == nil {
		writeError(w, r, fault.New(fault.NotFound, "There is no such identity provider here."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogout)
	t, err := p.LogoutToken(r.Context(), r.PostFormValue("logout_token"))
	if err == nil {
		err = a.loggedOut(r.Context(), p, t)
	}
	switch {
	case err == nil:
		noStore(w)
		w.WriteHeader(http.StatusOK)
	case fault.Is(err, fault.BadRequest):
		logFailure(r, err)
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": fault.Message(err)})
	default:
		writeError(w, r, err)
	}
}

// loggedOut ends the access of whom a logout token is about. Somebody without an
// account here has none. [Back-Channel Logout] 2.7
func (a *Auth) loggedOut(ctx context.Context, p *Provider, t *oidc.LogoutToken) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		first, err := tx.UseLogoutToken(p.Issuer, t.TokenID, store.TimeOf(t.Expiry.Add(leeway)))
		if err != nil {
			return err
		}
		if !first {
			return fault.New(fault.BadRequest, "The logout token was used already.")
		}
		people, err := meant(tx.Reader, p.Issuer, t)
		if err != nil {
			return err
		}
		for _, actor := range people {
			if err := tx.EndAccess(actor); err != nil {
				return err
			}
			if err := auditLogout(tx, actor, p, "back-channel", t.SessionID); err != nil {
				return err
			}
		}
		return nil
	})
}

// meant is whom a logout token is about: the subject, or whose session it is.
func meant(r store.Reader, issuer string, t *oidc.LogoutToken) ([]int64, error) {
	if t.Subject == "" {
		return r.SessionPeople(issuer, t.SessionID)
	}
	identity, err := r.Identity(issuer, t.Subject)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []int64{identity.ActorID}, nil
}

// frontChannelLogout is what a provider's sign-out page loads in a frame. The
// browser's cookie does not come along, another site's page has it loaded: which
// session it is about is in the query. Entra ID leaves out iss, which our path says
// already. [Front-Channel Logout] 2
func (a *Auth) frontChannelLogout(w http.ResponseWriter, r *http.Request) {
	p, q := a.provider(r.PathValue("provider")), r.URL.Query()
	if p == nil || q.Has("iss") && q.Get("iss") != p.Issuer || q.Get("sid") == "" {
		a.fail(w, r, fault.New(fault.BadRequest, "This is not a complete logout request of an identity provider."))
		return
	}
	err := a.DB.Write(r.Context(), func(tx *store.Tx) error {
		people, err := tx.EndProviderSession(p.Issuer, q.Get("sid"))
		if err != nil {
			return err
		}
		for _, actor := range people {
			if err := auditLogout(tx, actor, p, "front-channel", q.Get("sid")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	noStore(w)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors "+p.origin())
	w.Header().Del("X-Frame-Options")
	w.WriteHeader(http.StatusOK)
}

func auditLogout(tx *store.Tx, actor int64, p *Provider, channel, sid string) error {
	who, err := tx.Actor(actor)
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Act{Action: "account.provider_logout", Subject: who.Username,
		Detail: map[string]any{"actor": actor, "provider": p.Name, "channel": channel, "sid": sid}})
}
