package devidp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Options say who the provider is, whom it knows and who may ask it.
type Options struct {
	Issuer     string // a loopback URL, with or without a path, without a slash at its end
	People     []Person
	Clients    []Client
	Stylesheet string // replaces the page's own style sheet, when set
}

// Person is somebody one can be.
type Person struct {
	Subject    string // never shown, never changes; without ":"
	Username   string
	Name       string
	Email      string
	Title      string
	Department string
	Groups     []string
}

// Client is a node that may send people here.
type Client struct {
	ID                     string
	Secret                 string // empty: a public client, which must use PKCE
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
}

// Provider is the running provider.
type Provider struct {
	issuer     string
	path       string // of the issuer
	people     []Person
	stylesheet string
	memory     *memory
	op         *op.Provider
}

// New makes a provider and starts to make its key in the background.
func New(o Options) (*Provider, error) {
	path, err := checkIssuer(o.Issuer)
	if err != nil {
		return nil, err
	}
	m, err := newMemory(o, path)
	if err != nil {
		return nil, err
	}
	config := &op.Config{
		DefaultLogoutRedirectURI: o.Issuer + "/signed-out",
		CodeMethodS256:           true,
		AuthMethodPost:           true,
		SupportedScopes:          scopes,
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	protocol, err := op.NewProvider(config, m, op.StaticIssuer(o.Issuer),
		op.WithAllowInsecure(), // loopback only, so plain http is all there is
		op.WithCustomTokenEndpoint(op.NewEndpoint("token")),
		op.WithCORSOptions(nil))
	if err != nil {
		return nil, fmt.Errorf("development sign-in: %w", err)
	}
	p := &Provider{issuer: o.Issuer, path: path, people: o.People, stylesheet: o.Stylesheet, memory: m, op: protocol}
	if p.stylesheet == "" {
		p.stylesheet = path + "/login.css"
	}
	go m.signing() // a second of work on a slow machine; the first sign-in finds it done
	return p, nil
}

// checkIssuer returns the issuer's path if the issuer is one that only this
// machine can reach.
func checkIssuer(issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return "", fmt.Errorf("development sign-in: the issuer is not a URL: %w", err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return "", errors.New("development sign-in: the issuer must be a plain http or https URL")
	case strings.HasSuffix(issuer, "/"):
		return "", errors.New("development sign-in: the issuer must not end with a slash")
	case !loopbackName(u.Host):
		return "", fmt.Errorf("development sign-in lets anybody be anybody, so it only runs on localhost, not on %q; configure an [[oidc]] provider instead", u.Hostname())
	}
	return u.Path, nil
}

// Handler answers everything below the issuer's path. It expects to see the
// whole path, so it is mounted without stripping any.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	for _, path := range []string{"/keys", "/authorize", "/authorize/callback", "/token", "/userinfo", "/end_session"} {
		mux.Handle(path, p.op)
	}
	mux.HandleFunc("GET /login", p.picker)
	mux.Handle("POST /login", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.pick)))
	mux.HandleFunc("GET /login.css", style)
	mux.HandleFunc("GET /signed-out", p.signedOut)
	return onlyLoopback(http.StripPrefix(p.path, mux))
}

// discovery announces what this provider does, which is less than the library
// could do.
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	d := op.CreateDiscoveryConfig(op.ContextWithIssuer(r.Context(), p.issuer), p.op, p.memory)
	d.IntrospectionEndpoint, d.RevocationEndpoint, d.DeviceAuthorizationEndpoint = "", "", ""
	d.IntrospectionEndpointAuthMethodsSupported, d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil, nil
	d.RevocationEndpointAuthMethodsSupported, d.RevocationEndpointAuthSigningAlgValuesSupported = nil, nil
	d.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode)}
	d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode}
	d.ClaimsSupported = claims
	op.Discover(w, d)
}
