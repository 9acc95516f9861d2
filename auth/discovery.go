package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parley/internal/fault"
)

const (
	discoveryTimeout = 5 * time.Second
	discoveryPause   = 3 * time.Second // after a failure, before the next try
	discoveryLife    = time.Hour
	renewalPause     = time.Minute // after a failure, while the old one is in use
)

// discovered is what the provider announced about itself.
type discovered struct {
	provider   *oidc.Provider
	verifier   *oidc.IDTokenVerifier
	oauth      oauth2.Config
	tokenAuth  string
	sendsIss   bool // RFC 9207
	endSession string
}

// discovery keeps the last announcement.
type discovery struct {
	mu       sync.Mutex
	found    *discovered
	failed   error
	next     time.Time // when to ask, or to ask again
	renewing bool
}

// discover reads the provider's announcement, once it succeeds. After a
// failure it keeps quiet for a moment, so that a crowd at the door does not
// queue up behind a provider that does not answer. What is found is in use
// until a newer one is: a provider that is away keeps its endpoints.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	k := &p.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	due := !p.now().Before(k.next)
	if k.found != nil {
		if due && !k.renewing {
			k.renewing = true
			go p.renew(context.WithoutCancel(ctx))
		}
		return k.found, nil
	}
	if !due {
		return nil, k.failed
	}
	// Whoever asks first asks for everybody: their leaving must not fail it.
	d, err := p.announcement(context.WithoutCancel(ctx))
	if err != nil {
		k.failed, k.next = err, p.now().Add(discoveryPause)
		return nil, err
	}
	k.found, k.failed, k.next = d, nil, p.now().Add(discoveryLife)
	return d, nil
}

// renew reads the announcement again, beside those who sign in meanwhile. With
// it goes what was kept of the keys, so that a key the provider has withdrawn
// is forgotten even if no new one ever came.
func (p *Provider) renew(ctx context.Context) {
	d, err := p.announcement(ctx)
	k := &p.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renewing = false
	k.failed = err
	if err != nil {
		k.next = p.now().Add(renewalPause)
		slog.WarnContext(ctx, "an identity provider does not announce itself any more; what it said last stays in use", "provider", p.Name, "error", err)
		return
	}
	k.found, k.next = d, p.now().Add(discoveryLife)
}

// Reachable is nil while the provider answers as far as is known, and else what
// went wrong when it was asked last. It asks where nobody has.
func (p *Provider) Reachable(ctx context.Context) error {
	if _, err := p.discover(ctx); err != nil {
		return err
	}
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	return p.kept.failed
}

func (p *Provider) announcement(ctx context.Context) (*discovered, error) {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
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
	tokenAuth, err := p.tokenAuth(a.AuthMethods)
	if err != nil {
		return nil, err
	}
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(ctx, patient(p.client())), a.JWKS)
	return &discovered{
		provider: provider,
		// Times are ours to check: the library gives clocks no leeway.
		verifier:   oidc.NewVerifier(p.Issuer, keys, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, SkipExpiryCheck: true}),
		oauth:      p.oauthConfig(provider.Endpoint(), tokenAuth, a.Scopes),
		tokenAuth:  tokenAuth,
		sendsIss:   a.SendsIss,
		endSession: a.EndSession,
	}, nil
}
