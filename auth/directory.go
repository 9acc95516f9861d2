package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
)

// What a provider's directory says by SCIM about people and their groups, as
// far as it matters when they sign in. Who takes its word is auth/scim.

// EnterpriseUser is where a directory says of somebody which department they are in.
// RFC 7643 4.3
const EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// ExternalID is what the provider's directory calls somebody: never an address
// or a name, which another may have tomorrow.
func (p *Provider) ExternalID(c Claims) string {
	if name := cmp.Or(p.SCIMClaim, "sub"); name != "sub" {
		id, _ := c.Raw[name].(string)
		return id
	}
	return c.Subject
}

// nameIdentities has identities known by the claim that the settings name now.
func (a *Auth) nameIdentities(ctx context.Context, p *Provider) error {
	for after := ""; ; {
		page, err := a.DB.With(ctx).Identities(p.Issuer, after, 500)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Subject
		stale := slices.DeleteFunc(page, func(i *store.Identity) bool { return i.ExternalID == p.ExternalID(remembered(i)) })
		if len(stale) == 0 {
			continue
		}
		err = a.DB.Write(ctx, func(tx *store.Tx) error {
			for _, i := range stale {
				i.ExternalID = p.ExternalID(remembered(i))
				if err := tx.SetIdentity(i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// remembered are the claims of somebody's last sign-in.
func remembered(i *store.Identity) Claims {
	return claimsOf(i.Issuer, i.Subject, parsed(i.Claims))
}

// parsed are claims as they were stored.
func parsed(claims string) map[string]any {
	said := map[string]any{}
	d := json.NewDecoder(strings.NewReader(claims))
	d.UseNumber()
	_ = d.Decode(&said) // what is no object says nothing
	return said
}

// Regroup decides anew about the role and the access of an account of whose groups the
// provider's directory has just spoken. The names that the account left are taken
// out of what its last sign-in said: the directory's word is the later one.
func Regroup(tx *store.Tx, p *Provider, actor int64, left []string, on map[string]any) error {
	account, err := tx.Account(actor)
	if err != nil {
		return err
	}
	identity, err := tx.IdentityOf(p.Issuer, actor)
	if fault.Is(err, fault.NotFound) {
		_, err := decide(tx, p, Claims{Issuer: p.Issuer}, account, on)
		return err
	}
	if err != nil {
		return err
	}
	c := remembered(identity)
	if p.withdraw(c.Raw, left) {
		identity.Claims = jsonOf(c.Raw)
		if err := tx.SetIdentity(identity); err != nil {
			return err
		}
	}
	_, err = decide(tx, p, c, account, on)
	return err
}

// setClaim puts a value where claimAt finds it.
func setClaim(claims map[string]any, path string, value any) {
	if _, ok := claims[path]; ok {
		claims[path] = value
		return
	}
	name, rest, _ := strings.Cut(path, ".")
	if inner, ok := claims[name].(map[string]any); ok {
		setClaim(inner, rest, value)
	}
}

// GroupNames are what a rule may call a group: as people see it, and by the id
// that it has in the directory, which some providers put into the claim.
func GroupNames(g *store.SCIMResource) []string {
	var said struct {
		DisplayName string `json:"displayName"`
	}
	_ = json.Unmarshal([]byte(g.Said), &said) // we wrote it
	names := []string{said.DisplayName}
	if g.ExternalID != "" {
		names = append(names, g.ExternalID)
	}
	return names
}
