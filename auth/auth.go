package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"parley/actors"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// Auth signs people in and lets client apps act for them.
type Auth struct {
	DB        *store.DB
	URL       string // the node's public URL, without a slash at its end
	Providers []*Provider

	TokenTTL       time.Duration // how long an app stays connected before it renews; 0: until it is signed out
	SessionTTL     time.Duration // how long a browser stays signed in; 0: sessionLife
	SessionIdle    time.Duration // how long without being used; 0: as long as it is
	Recheck        time.Duration // how long a provider's last word on somebody counts; 0: until they sign in again
	AdminMaxAge    time.Duration // how old the proof behind a token may be that changes something by the admin API; 0: as old as it is
	AllowedClients []string      // how the redirect URIs of apps that may connect begin; empty: of any

	Actors *actors.Actors // makes the account at somebody's first sign-in
	Notify *notify.Notify // tells those who run the node of it

	NodeName   string // on the pages; the URL's host if empty
	Stylesheet string // of the pages; one of our own if empty
	VAPIDKey   string // told to apps that register
}

// Who is asking: a person, or an app for a person, or an app for itself.
type Who struct {
	ActorID   int64 // 0: an app for itself, or nobody
	ActedBy   int64 // the person behind a shared account
	Username  string
	Powers           // none while acting for a shared account
	Scopes    Scopes // of a token; a session is not limited by scopes
	TokenID   int64  // one of TokenID and SessionID is set, or neither for nobody
	SessionID int64
	DeviceID  int64 // 0: by a one-time link, or by a session from before there were any
	AppID     int64
	Proof
}

// Somebody reports whether it is a person, or an app that acts for one.
func (w Who) Somebody() bool { return w.ActorID != 0 }

// Bearer is who holds an access token.
func (a *Auth) Bearer(ctx context.Context, token string) (Who, error) {
	b, err := a.DB.With(ctx).Bearer(Hash(token))
	if fault.Is(err, fault.NotFound) {
		return Who{}, errToken
	}
	if err != nil {
		return Who{}, err
	}
	a.touchToken(ctx, b)
	// The scopes were checked when they were stored; what this program no
	// longer knows is covered by nothing.
	return Who{
		ActorID: b.ActorID, ActedBy: b.ActedBy, Username: b.Username, Powers: PowersOf(b.Role, b.Permissions),
		Scopes: strings.Fields(b.Scopes), TokenID: b.TokenID, AppID: b.AppID, Proof: a.proof(b.ProvedAt, b.ACR, b.Issuer),
	}, nil
}

var (
	errSignedOut = fault.New(fault.Unauthorized, "You are not signed in any more. Sign in and try again.")

	errToken  = fault.New(fault.Unauthorized, "The access token is invalid")
	errScope  = fault.New(fault.Forbidden, "This action is outside the authorized scopes")
	errPerson = fault.New(fault.Invalid, "This method requires an authenticated user")
)

// bearerOf is the access token in a request's Authorization header. RFC 6750 2.1
func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

type whoKey struct{}

// With is ctx with who is asking.
func With(ctx context.Context, w Who) context.Context { return context.WithValue(ctx, whoKey{}, w) }

// WhoIs asking in ctx: nobody, unless a middleware of this room said so.
func WhoIs(ctx context.Context) Who {
	w, _ := ctx.Value(whoKey{}).(Who)
	return w
}
