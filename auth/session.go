package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const (
	sessionLife  = 7 * 24 * time.Hour // the provider is one click away
	seenEvery    = 5 * time.Minute    // how exactly we know when a session was used
	sessionName  = "parley_session"
	browserName  = "parley_sign_in"
	maxUserAgent = 256
)

// beginSession stores a new session and returns its secret for the cookie.
// Each sign-in has a new one: a secret planted before it is worth nothing.
func (a *Auth) beginSession(tx *store.Tx, s store.Session, r *http.Request) (string, error) {
	secret, now := NewSecret(), store.Now()
	s.ID, s.TokenHash = store.NewID(), Hash(secret)
	s.UserAgent, s.Address = clip(r.UserAgent(), maxUserAgent), addressOf(r.Context())
	s.CreatedAt, s.SeenAt, s.ExpiresAt = now, now, cmp.Or(s.ExpiresAt, now.Add(a.sessionTTL()))
	if s.ProvedAt == 0 || s.ProvedAt > now {
		s.ProvedAt = now // the provider does not say
	}
	return secret, tx.CreateSession(&s)
}

// session is the live session of a browser, and nil without one.
func (a *Auth) session(r *http.Request) (*store.Session, error) {
	cookie, err := r.Cookie(a.cookieName(sessionName))
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	s, err := a.DB.With(r.Context()).Session(Hash(cookie.Value))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err == nil && a.SessionIdle > 0 && store.Now() > s.SeenAt.Add(a.SessionIdle) {
		return nil, a.DB.Write(r.Context(), func(tx *store.Tx) error { return tx.EndSession(s.ID) })
	}
	return s, err
}

func (a *Auth) sessionTTL() time.Duration { return cmp.Or(a.SessionTTL, sessionLife) }

// SessionOf tells who a browser is: nobody without a live session, or when the
// person is not active any more.
func (a *Auth) SessionOf(r *http.Request) (Who, error) {
	s, err := a.session(r)
	if s == nil || err != nil {
		return Who{}, err
	}
	account, err := a.DB.With(r.Context()).Account(s.ActorID)
	if err != nil || account.Actor.Lifecycle != store.Active {
		return Who{}, err
	}
	a.touchSession(r.Context(), s)
	return Who{
		ActorID: s.ActorID, ActedBy: s.ActedBy, Username: account.Actor.Username, Powers: PowersOf(account.User.Role, account.User.Permissions),
		SessionID: s.ID, DeviceID: s.DeviceID, Proof: a.proof(s.ProvedAt, s.ACR, s.Issuer),
	}, nil
}

// endSession ends a browser's session, and returns it if there was one.
func (a *Auth) endSession(r *http.Request) (*store.Session, error) {
	s, err := a.session(r)
	if s == nil || err != nil {
		return nil, err
	}
	ctx := store.WithActing(r.Context(), store.Acting{By: s.ActedBy})
	return s, a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.EndSession(s.ID); err != nil {
			return err
		}
		actor, err := tx.Actor(s.ActorID)
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: s.ActorID, Action: "account.sign_out", Subject: actor.Username})
	})
}

// cookieName has the prefix that keeps other hosts and plain http from
// planting the cookie. Browsers take it on https only.
func (a *Auth) cookieName(name string) string {
	if a.https() {
		return "__Host-" + name
	}
	return name
}

func (a *Auth) https() bool { return strings.HasPrefix(a.URL, "https:") }

// setCookie gives the browser a secret to keep; an empty one takes it away.
func (a *Auth) setCookie(w http.ResponseWriter, name, secret string, life time.Duration) {
	c := &http.Cookie{
		Name: a.cookieName(name), Value: secret, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: a.https(), SameSite: http.SameSiteLaxMode,
	}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// touchSession and touchToken remember, roughly, when something was last used.
// Nothing hangs on it, so that a failure is only logged.
func (a *Auth) touchSession(ctx context.Context, s *store.Session) {
	if store.Now() < s.SeenAt.Add(seenEvery) {
		return
	}
	if err := a.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(s) }); err != nil {
		slog.WarnContext(ctx, "remember the use of a session", "error", err)
	}
}

func (a *Auth) touchToken(ctx context.Context, b *store.Bearer) {
	if b.UsedAt.Day() == store.Today() { // as exactly as days are counted
		return
	}
	if err := a.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchToken(b) }); err != nil {
		slog.WarnContext(ctx, "remember the use of a token", "error", err)
	}
}

type addressKey struct{}

// addressOf is the address a request came from, as the front door sees it.
func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// clip shortens text from outside to what a column should hold.
func clip(text string, length int) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), length)], "\x00", ""), "")
}

// jsonOf writes claims, which came as JSON.
func jsonOf(claims map[string]any) string {
	b, err := json.Marshal(claims)
	if err != nil {
		return "{}"
	}
	return string(b)
}
