package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// algorithms an ID token may be signed with are ours to choose, never the
// token's: no "none", and no HMAC that takes a public key for a secret.
var algorithms = []string{oidc.RS256, oidc.ES256, oidc.EdDSA, oidc.PS256}

// Provider is one identity provider of the organisation. It is asked where its
// endpoints are when somebody first signs in, so that a node starts without it.
type Provider struct {
	Name         string
	Issuer       string
	ClientID     string
	ClientSecret string
	TokenAuth    string           // how we prove who we are; empty: the best that both sides know
	Key          *ClientKey       // for private_key_jwt; nil: none
	Scopes       []string         // nil: openid profile email, and groups where it is announced
	Offline      bool             // whether it is asked again about people who are not here (auth.recheck)
	Policy                        // what it decides about accounts
	Names        Naming           // how they become user names here
	Profile      ProfileClaims    // which their profiles follow
	SCIMClaim    string           // carries what the directory calls externalId; empty: sub
	ACRValues    []string         // what a sign-in must be like; empty: as the provider likes
	Privileged   []string         // what it must be like for privileged acts; empty: as any sign-in
	Client       *http.Client     // with a Transport that checks where it connects
	Now          func() time.Time // nil: time.Now

	kept discovery
}

// Attempt is a sign-in on its way: what one browser took to the provider and
// has to bring back.
type Attempt struct {
	State    string
	Nonce    string
	Verifier string // PKCE
	Redirect string // our callback
}

// NewAttempt begins a sign-in that comes back to redirect.
func NewAttempt(redirect string) Attempt {
	return Attempt{State: NewSecret(), Nonce: NewSecret(), Verifier: NewSecret(), Redirect: redirect}
}

// Wish is what a sign-in may ask of the provider's page.
type Wish struct {
	Prompt    string // "login" asks for a fresh proof, "select_account" for a choice
	LoginHint string
	MaxAge    time.Duration // how old the last proof may be; 0: as old as it is
	ACR       []string      // what the proof must be like, the most wanted first
}

// AuthCodeURL is where the browser goes to sign in.
func (p *Provider) AuthCodeURL(ctx context.Context, a Attempt, w Wish) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if w.Prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", w.Prompt))
	}
	if w.LoginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", w.LoginHint))
	}
	if w.MaxAge > 0 {
		options = append(options, oauth2.SetAuthURLParam("max_age", fmt.Sprint(int(w.MaxAge.Seconds()))))
	}
	if len(w.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(w.ACR, " ")))
	}
	config := d.oauth
	config.RedirectURL = a.Redirect
	return config.AuthCodeURL(a.State, options...), nil
}

// EndSessionURL is where the browser goes to sign out of the provider too, and
// empty where the provider announced no such place. [RP-Initiated Logout] 2
func (p *Provider) EndSessionURL(ctx context.Context, idToken, redirect string) (string, error) {
	d, err := p.discover(ctx)
	if err != nil || d.endSession == "" {
		return "", err
	}
	u, err := url.Parse(d.endSession)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return "", nil // signing out here must not fail because of an odd announcement
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	if idToken != "" {
		q.Set("id_token_hint", idToken)
	}
	if redirect != "" {
		q.Set("post_logout_redirect_uri", redirect)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// origin is where the provider's own pages are.
func (p *Provider) origin() string {
	u, err := url.Parse(p.Issuer)
	if err != nil {
		return "'none'"
	}
	return u.Scheme + "://" + u.Host
}

func (p *Provider) scopes(announced []string) []string {
	scopes := slices.Clone(p.Scopes)
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
		if slices.Contains(announced, "groups") {
			scopes = append(scopes, "groups")
		}
	}
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = slices.Insert(scopes, 0, oidc.ScopeOpenID)
	}
	if p.Offline && slices.Contains(announced, oidc.ScopeOfflineAccess) && !slices.Contains(scopes, oidc.ScopeOfflineAccess) {
		scopes = append(scopes, oidc.ScopeOfflineAccess) // [OIDC Core] 11
	}
	return scopes
}

// with puts our HTTP client into ctx, where the libraries look for it.
func (p *Provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client())
}

func (p *Provider) client() *http.Client {
	client := *p.Client
	client.Transport = bounded{client.Transport}
	return &client
}

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}
