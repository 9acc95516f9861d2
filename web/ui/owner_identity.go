package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// OwnerIdentity is the body of the page of identity providers.
type OwnerIdentity struct {
	Providers []ViewProvider
	Token     string // just made, shown this once
	TokenFor  string
	Tested    string // the provider that the findings are about
	Findings  []auth.Finding
}

// ViewProvider is an identity provider of the settings.
type ViewProvider struct {
	Name, Slug, Issuer, ClientID, Trial string
	Names                               string // how its people are named
	Require, Rules                      []string
	Tokens                              []ViewDirectory
}

// ViewDirectory is a token by which a directory says who is there.
type ViewDirectory struct {
	ID, Name          string
	Made, Used, Until time.Time
}

// OwnerIdentityPage lists the identity providers and their directories.
func (u *UI) OwnerIdentityPage(c *gin.Context) error { return u.showIdentity(c, OwnerIdentity{}) }

// TestProvider looks whether a provider can be signed in through.
func (u *UI) TestProvider(c *gin.Context) error {
	p := u.Auth.Provider(c.Param("provider"))
	if p == nil {
		return errNotFound
	}
	return u.showIdentity(c, OwnerIdentity{Tested: p.Name, Findings: u.Auth.Check(c.Request.Context(), p)})
}

// MakeDirectoryToken makes a token for the directory of a provider, and shows it once.
func (u *UI) MakeDirectoryToken(c *gin.Context) error {
	p := u.Auth.Provider(c.Param("provider"))
	if p == nil {
		return errNotFound
	}
	var until store.Time
	if day := c.PostForm("until"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return fault.New(fault.Invalid, "Write the day as 2027-12-31, or none.")
		}
		until = store.TimeOf(t)
	}
	name := strings.TrimSpace(c.PostForm("name"))
	if name == "" || len(name) > 100 {
		return fault.New(fault.Invalid, "Give the token a name of at most 100 characters, such as that of the directory.")
	}
	token, err := u.SCIM.IssueToken(c.Request.Context(), viewer(c), p.Name, name, until)
	if err != nil {
		return err
	}
	return u.showIdentity(c, OwnerIdentity{Token: token, TokenFor: p.Name})
}

// RevokeDirectoryToken ends one at once.
func (u *UI) RevokeDirectoryToken(c *gin.Context) error {
	if err := u.SCIM.RevokeToken(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/owner/identity?done=revoked")
}

func (u *UI) showIdentity(c *gin.Context, body OwnerIdentity) error {
	tokens, err := u.reader(c).SCIMTokens()
	if err != nil {
		return err
	}
	for _, p := range u.Auth.Providers {
		v := ViewProvider{Name: p.Name, Slug: p.Slug(), Issuer: p.Issuer, ClientID: p.ClientID, Trial: auth.TrialPath(p), Names: p.Names.Words()}
		for _, m := range p.Require {
			v.Require = append(v.Require, m.Claim+" = "+m.Value)
		}
		for _, rule := range p.Rules {
			v.Rules = append(v.Rules, ruleInWords(rule))
		}
		for _, t := range tokens {
			if t.Issuer == p.Issuer {
				v.Tokens = append(v.Tokens, ViewDirectory{ID: id(t.ID), Name: t.Name, Made: t.CreatedAt.Time(), Used: instant(t.UsedAt), Until: instant(t.ExpiresAt)})
			}
		}
		body.Providers = append(body.Providers, v)
	}
	return u.show(c, "owner_identity", "Identity", "owner", body)
}

func ruleInWords(r auth.Rule) string {
	given := strings.TrimSpace(string(r.Role) + " " + auth.Powers{Extra: r.Permissions}.Names())
	return fmt.Sprintf("%s = %s: %s", r.Claim, r.Value, given)
}
