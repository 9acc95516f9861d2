package scim

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"parley/actors"
	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// SCIM answers the directories.
type SCIM struct {
	DB     *store.DB
	Auth   *auth.Auth // its providers are those whose directories may come
	Actors *actors.Actors
	URL    string // public, without a slash at its end
	Log    *slog.Logger
}

// call is one request of a directory.
type call struct {
	*http.Request
	token    *store.SCIMToken
	provider *auth.Provider
	body     object
}

// signal is what the audit trail says of whatever a call changes.
func (c *call) signal() actors.Signal {
	return actors.Signal{"signal": "scim", "provider": c.provider.Name, "token": c.token.Name}
}

// usedEvery is how exactly we know when a token was used.
const usedEvery = time.Minute

var errToken = fault.New(fault.Unauthorized, "The token is invalid, has expired or was revoked: make another with parley scim token")

// admit tells whose directory asks.
func (s *SCIM) admit(r *http.Request) (*call, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, errToken
	}
	token, err := s.DB.With(r.Context()).SCIMToken(auth.Hash(strings.TrimSpace(secret)))
	if fault.Is(err, fault.NotFound) {
		return nil, errToken
	}
	if err != nil {
		return nil, err
	}
	for _, p := range s.Auth.Providers {
		if p.Issuer == token.Issuer {
			s.touch(r.Context(), token)
			return &call{Request: r, token: token, provider: p}, nil
		}
	}
	return nil, fault.New(fault.Unauthorized, "The token is for a provider that the settings of this node do not name any more")
}

// touch remembers, roughly, when a token was last used. Nothing hangs on it, so
// that a failure is only logged.
func (s *SCIM) touch(ctx context.Context, t *store.SCIMToken) {
	if store.Now() < t.UsedAt.Add(usedEvery) {
		return
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchSCIMToken(t.ID) }); err != nil {
		s.Log.WarnContext(ctx, "remember the use of a token", "error", err)
	}
}
