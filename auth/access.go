package auth

import (
	"context"
	"slices"
	"strings"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// errUnwelcome goes to whoever registers or uses an app that the owner does
// not let in.
var errUnwelcome = fault.New(fault.Forbidden, "This node lets only certain apps connect, and this is none of them. Ask whoever runs it.")

// welcome reports whether an app may connect: wherever it may have codes sent
// must be where a listed app is. Names prove nothing, anybody may take one.
func (a *Auth) welcome(app *store.App) bool {
	if len(a.AllowedClients) == 0 {
		return true
	}
	for uri := range strings.SplitSeq(app.RedirectURIs, "\n") {
		if !slices.ContainsFunc(a.AllowedClients, func(listed string) bool { return leadsTo(listed, uri) }) {
			return false
		}
	}
	return true
}

// leadsTo reports whether a redirect URI is the listed one or below it: what is
// listed ends at a boundary, so that https://app.example does not let in
// https://app.example.evil.example.
func leadsTo(listed, uri string) bool {
	rest, ok := strings.CutPrefix(uri, listed)
	return ok && (rest == "" || strings.HasSuffix(listed, "/") || strings.HasSuffix(listed, ":") || rest[0] == '/' || rest[0] == '?')
}

// Open brings up to date what hangs on the settings: the access of apps that
// connected before these said that they may not, by what a provider's directory
// knows people, and by what it can be asked again.
func (a *Auth) Open(ctx context.Context) error {
	for _, p := range a.Providers {
		if err := a.nameIdentities(ctx, p); err != nil {
			return err
		}
	}
	var asked []string // of these nobody else may keep the means
	for _, p := range a.Providers {
		if p.Offline {
			asked = append(asked, p.Issuer)
		}
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetRefreshTokens(asked); err != nil || len(a.AllowedClients) == 0 {
			return err
		}
		return a.endUnwelcome(tx)
	})
}

func (a *Auth) endUnwelcome(tx *store.Tx) error {
	apps, err := tx.ConnectedApps()
	if err != nil {
		return err
	}
	for _, app := range apps {
		if a.welcome(app) {
			continue
		}
		if err := tx.RevokeAppTokens(app.ID); err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Act{Action: "app.refused", Subject: app.Name, Detail: map[string]any{"client_id": app.ClientID}}); err != nil {
			return err
		}
	}
	return nil
}

// EndGrant ends a token that the person who asks has given.
func (a *Auth) EndGrant(ctx context.Context, who Who, token int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		grants, err := tx.Grants(who.Person())
		if err != nil {
			return err
		}
		at := slices.IndexFunc(grants, func(g *store.Grant) bool { return g.ID == token })
		if at < 0 {
			return fault.New(fault.NotFound, "This app is not connected any more.")
		}
		if err := tx.RevokeTokenByID(token); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: "account.end_token", Subject: who.Username, Detail: map[string]any{"app": grants[at].AppName}})
	})
}

// EndOwnSession ends a session of the person who asks, on whatever device.
func (a *Auth) EndOwnSession(ctx context.Context, who Who, session int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		sessions, err := tx.Sessions(who.Person())
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(sessions, func(s *store.Session) bool { return s.ID == session }) {
			return fault.New(fault.NotFound, "This device is not signed in any more.")
		}
		if err := tx.EndSession(session); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: "account.end_session", Subject: who.Username})
	})
}

// EndAccess signs somebody out everywhere: browsers, apps, push and streams. They
// may sign in again.
func (a *Auth) EndAccess(ctx context.Context, by, actor int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(actor)
		if err != nil {
			return err
		}
		if err := tx.EndAccess(actor); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "account.end_access", Subject: account.Actor.Username, Detail: map[string]any{"actor": actor}})
	})
}
