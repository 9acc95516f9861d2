package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"parley/internal/fault"
)

// How the node proves to a provider's token endpoint who it is. [OIDC Core] 9
const (
	SecretBasic   = "client_secret_basic"
	SecretPost    = "client_secret_post"
	PrivateKeyJWT = "private_key_jwt"
	NoProof       = "none" // a public client, whose codes are bound by PKCE alone
)

// CheckTokenAuth finds what contradicts itself in the settings.
func (p *Provider) CheckTokenAuth() error {
	switch p.TokenAuth {
	case "", NoProof:
	case SecretBasic, SecretPost:
		if p.ClientSecret == "" {
			return fmt.Errorf("token_auth = %q needs client_secret", p.TokenAuth)
		}
	case PrivateKeyJWT:
		if p.Key == nil {
			return fmt.Errorf("token_auth = %q needs private_key_file", p.TokenAuth)
		}
	default:
		return fmt.Errorf("token_auth %q: write client_secret_basic, client_secret_post, private_key_jwt or none", p.TokenAuth)
	}
	return nil
}

// tokenAuth is how we prove who we are: as the settings say, or else the best
// way that the provider announces and that we have the means for.
func (p *Provider) tokenAuth(announced []string) (string, error) {
	if p.TokenAuth != "" {
		// Public clients are seldom announced, and no list at all says little.
		if p.TokenAuth != NoProof && len(announced) > 0 && !slices.Contains(announced, p.TokenAuth) {
			return "", p.noWay(p.TokenAuth, announced)
		}
		return p.TokenAuth, nil
	}
	if len(announced) == 0 {
		announced = []string{SecretBasic} // [OIDC Discovery] 3: the default
	}
	switch {
	case p.Key != nil && slices.Contains(announced, PrivateKeyJWT):
		return PrivateKeyJWT, nil
	case p.ClientSecret != "" && slices.Contains(announced, SecretBasic):
		return SecretBasic, nil
	case p.ClientSecret != "" && slices.Contains(announced, SecretPost):
		return SecretPost, nil
	case p.ClientSecret == "" && p.Key == nil:
		return NoProof, nil
	}
	return "", p.noWay("what the settings have", announced)
}

func (p *Provider) noWay(ours string, announced []string) error {
	return fault.Wrap(fault.Unavailable, fmt.Errorf("the provider announces %q, not %s", announced, ours), fmt.Sprintf(
		"%s takes another proof of who this node is than the settings have. An administrator must set token_auth, client_secret or private_key_file to one of: %q.", p.Name, announced))
}

// grant is what a code is exchanged by. RFC 6749 4.1.3, RFC 7636 4.5
func (a Attempt) grant(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.Redirect}, "code_verifier": {a.Verifier}}
}

// redeem exchanges a grant, a code or a refresh token, at the token endpoint.
// Providers differ in whom a signed proof has to name as its audience, and none
// announces it: the issuer, which is the safer (RFC 7523bis), is tried first. Who
// refuses the client has not looked at the grant.
func (p *Provider) redeem(ctx context.Context, d *discovered, grant url.Values) (*oauth2.Token, error) {
	// The library's one request that lets us say what the grant is.
	config := &clientcredentials.Config{ClientID: d.oauth.ClientID, ClientSecret: d.oauth.ClientSecret,
		TokenURL: d.oauth.Endpoint.TokenURL, AuthStyle: d.oauth.Endpoint.AuthStyle, EndpointParams: grant}
	if d.tokenAuth != PrivateKeyJWT {
		return config.Token(p.with(ctx))
	}
	token, err := p.redeemBySignature(ctx, config, p.Issuer)
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refusesClient(refusal) {
		return p.redeemBySignature(ctx, config, config.TokenURL)
	}
	return token, err
}

func (p *Provider) redeemBySignature(ctx context.Context, config *clientcredentials.Config, audience string) (*oauth2.Token, error) {
	proof, err := p.Key.proof(p.ClientID, audience, p.now())
	if err != nil {
		return nil, err
	}
	config.EndpointParams.Set("client_assertion_type", assertionType)
	config.EndpointParams.Set("client_assertion", proof)
	return config.Token(p.with(ctx))
}

// clientKeys publishes the key that we prove ourselves with, for the provider's
// setting jwks_uri.
func (a *Auth) clientKeys(w http.ResponseWriter, r *http.Request) {
	p := a.provider(r.PathValue("provider"))
	if p == nil || p.Key == nil {
		writeError(w, r, fault.New(fault.NotFound, "There is no key for such an identity provider here."))
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_ = json.NewEncoder(w).Encode(p.Key.Set()) // who does not listen is not told
}

// oauthConfig is what the library exchanges codes with. It is told how to prove
// who we are: it would otherwise try two ways and burn the code with the first.
func (p *Provider) oauthConfig(endpoint oauth2.Endpoint, tokenAuth string, scopes []string) oauth2.Config {
	config := oauth2.Config{ClientID: p.ClientID, Endpoint: endpoint, Scopes: p.scopes(scopes)}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	switch tokenAuth {
	case SecretBasic:
		config.ClientSecret, config.Endpoint.AuthStyle = p.ClientSecret, oauth2.AuthStyleInHeader
	case SecretPost:
		config.ClientSecret = p.ClientSecret
	}
	return config
}
