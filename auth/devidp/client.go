package devidp

import (
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// scopes are what may be asked for, claims what is told in return.
var (
	scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, scopeGroups}
	claims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash",
		"name", "preferred_username", "title", "department", "email", "email_verified", "groups"}
)

const scopeGroups = "groups"

// client answers the protocol library's questions about a Client.
type client struct {
	Client
	path string // of the issuer
}

func (c client) GetID() string                       { return c.ID }
func (c client) RedirectURIs() []string              { return c.Client.RedirectURIs }
func (c client) PostLogoutRedirectURIs() []string    { return c.Client.PostLogoutRedirectURIs }
func (c client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c client) GrantTypes() []oidc.GrantType                     { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c client) AccessTokenType() op.AccessTokenType              { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration                   { return 10 * time.Minute }
func (c client) DevMode() bool                                    { return true } // http redirects
func (c client) IsScopeAllowed(scope string) bool                 { return slices.Contains(scopes, scope) }
func (c client) ClockSkew() time.Duration                         { return 0 }
func (c client) LoginURL(id string) string                        { return c.path + "/login?request=" + id }
func (c client) RestrictAdditionalIdTokenScopes() scopeFilter     { return keepScopes }
func (c client) RestrictAdditionalAccessTokenScopes() scopeFilter { return keepScopes }

// IDTokenUserinfoClaimsAssertion puts the claims into the ID token as well, as
// most products do.
func (c client) IDTokenUserinfoClaimsAssertion() bool { return true }

func (c client) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

type scopeFilter = func([]string) []string

func keepScopes(scopes []string) []string { return scopes }
