package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parley/internal/fault"
)

const (
	discoveryTimeout = 5 * time.Second
	discoveryPause   = 3 * time.Second // after a failure, before the next try
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
	ClientSecret string           // empty: a public client
	Scopes       []string         // nil: openid profile email, and groups where it is announced
	Policy                        // what it decides about accounts
	Names        Naming           // how they become user names here
	SCIMClaim    string           // carries what the directory calls externalId; empty: sub
	Client       *http.Client     // with a Transport that checks where it connects
	Now          func() time.Time // nil: time.Now

	mu      sync.Mutex
	found   *discovered
	failed  error
	retryAt time.Time
}

// discovered is what the provider announced about itself.
type discovered struct {
	provider   *oidc.Provider
	verifier   *oidc.IDTokenVerifier
	oauth      oauth2.Config
	sendsIss   bool // RFC 9207
	endSession string
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

// discover reads the provider's announcement, once it succeeds. After a
// failure it keeps quiet for a moment, so that a crowd at the door does not
// queue up behind a provider that does not answer.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.now().Before(p.retryAt) {
		return nil, p.failed
	}
	// Whoever asks first asks for everybody: their leaving must not fail it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discoveryTimeout)
	defer cancel()
	d, err := p.announcement(ctx)
	if err != nil {
		p.failed, p.retryAt = err, p.now().Add(discoveryPause)
		return nil, err
	}
	p.found = d
	return d, nil
}

func (p *Provider) announcement(ctx context.Context) (*discovered, error) {
	provider, err := oidc.NewProvider(p.with(ctx), p.Issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, fault.Wrap(fault.Unavailable, mismatch, fmt.Sprintf(
			"The identity provider %s calls itself by another name than its issuer in the settings. An administrator must write the issuer exactly as the provider does.", p.Name))
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, fmt.Sprintf("The identity provider %s cannot be reached. Try again in a minute.", p.Name))
	}
	var a struct {
		JWKS        string   `json:"jwks_uri"`
		EndSession  string   `json:"end_session_endpoint"`
		SendsIss    bool     `json:"authorization_response_iss_parameter_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		Scopes      []string `json:"scopes_supported"`
	}
	if err := provider.Claims(&a); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, fmt.Sprintf("The identity provider %s announced itself in a way we cannot read. Tell your administrator.", p.Name))
	}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = p.authStyle(a.AuthMethods)
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(ctx, patient(p.client())), a.JWKS)
	return &discovered{
		provider:   provider,
		verifier:   oidc.NewVerifier(p.Issuer, keys, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: p.now}),
		oauth:      oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: endpoint, Scopes: p.scopes(a.Scopes)},
		sendsIss:   a.SendsIss,
		endSession: a.EndSession,
	}, nil
}

// authStyle is said to the library, which would otherwise try both ways and
// burn the code with the first.
func (p *Provider) authStyle(methods []string) oauth2.AuthStyle {
	basic := len(methods) == 0 || slices.Contains(methods, "client_secret_basic") // [OIDC Discovery] 3: the default
	if p.ClientSecret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
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
