package scim

import (
	"context"
	"fmt"
	"strings"

	"parley/auth"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// IssueToken makes a token for the directory of a provider of the settings.
func (s *SCIM) IssueToken(ctx context.Context, by int64, provider, name string, expires store.Time) (string, error) {
	p := s.Auth.Provider(provider)
	if p == nil {
		return "", fault.New(fault.Invalid, fmt.Sprintf("The settings name no provider %q. Those that they name: %s", provider, s.providers()))
	}
	if expires != 0 && expires <= store.Now() {
		return "", fault.New(fault.Invalid, "The token would have expired already: name a day to come")
	}
	secret := auth.NewSecret()
	t := &store.SCIMToken{ID: store.NewID(), Issuer: p.Issuer, Name: name, TokenHash: auth.Hash(secret), CreatedAt: store.Now(), ExpiresAt: expires}
	return secret, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.CreateSCIMToken(t); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "scim.token", Subject: p.Name, Detail: map[string]any{"token": t.ID, "name": name, "expires": expires}})
	})
}

// RevokeToken ends a token.
func (s *SCIM) RevokeToken(ctx context.Context, by, id int64) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := tx.RevokeSCIMToken(id)
		if err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "scim.revoke", Subject: s.Auth.ProviderName(t.Issuer), Detail: map[string]any{"token": t.ID, "name": t.Name}})
	})
}

func (s *SCIM) providers() string {
	var names []string
	for _, p := range s.Auth.Providers {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
