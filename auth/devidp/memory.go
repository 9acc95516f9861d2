package devidp

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	requestLife = 10 * time.Minute // from /authorize to /token
	tokenLife   = 10 * time.Minute
	mostAtOnce  = 10_000 // requests, and tokens, held at one time
)

var errUnknown = errors.New("unknown or expired")

// memory is what the provider knows and remembers. It implements op.Storage.
type memory struct {
	people  map[string]Person // by subject
	clients map[string]client
	signing func() (signingKey, error) // makes the key, or waits for it

	mu       sync.Mutex
	requests map[string]request
	codes    map[string]string // code to request id
	tokens   map[string]token
}

// token is an access token that /userinfo honours.
type token struct {
	subject string
	scopes  []string
	expires time.Time
}

func newMemory(o Options, path string) (*memory, error) {
	m := &memory{
		people:   map[string]Person{},
		clients:  map[string]client{},
		requests: map[string]request{},
		codes:    map[string]string{},
		tokens:   map[string]token{},
		signing:  sync.OnceValues(newKey),
	}
	for _, p := range o.People {
		if p.Subject == "" || strings.Contains(p.Subject, ":") {
			// The library writes access tokens as "id:subject".
			return nil, fmt.Errorf("development sign-in: the subject %q must be non-empty and without a colon", p.Subject)
		}
		if _, taken := m.people[p.Subject]; taken {
			return nil, fmt.Errorf("development sign-in: two people have the subject %q", p.Subject)
		}
		m.people[p.Subject] = p
	}
	for _, c := range o.Clients {
		m.clients[c.ID] = client{Client: c, path: path}
	}
	return m, nil
}

// waiting returns a request that nobody has been picked for.
func (m *memory) waiting(id string) (request, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.requests[id]
	return r, ok && !r.Done() && time.Since(r.started) < requestLife
}

// pick signs a person in for a request, once.
func (m *memory) pick(id, subject string) error {
	if _, known := m.people[subject]; !known {
		return errUnknown
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.requests[id]
	if !ok || r.Done() || time.Since(r.started) >= requestLife {
		return errUnknown
	}
	r.subject, r.authTime = subject, time.Now()
	m.requests[id] = r
	return nil
}

// CreateAuthRequest stores what /authorize was asked.
func (m *memory) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if slices.Contains(asked.Prompt, oidc.PromptNone) {
		return nil, oidc.ErrLoginRequired() // nobody stays signed in here
	}
	if asked.CodeChallenge != "" && asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("code_challenge_method must be S256")
	}
	r := request{id: rand.Text(), asked: *asked, started: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	if len(m.requests) >= mostAtOnce {
		return nil, oidc.ErrServerError().WithDescription("too many sign-ins at once")
	}
	m.requests[r.id] = r
	return r, nil
}

// forget drops what has expired. The caller holds the lock.
func (m *memory) forget() {
	for id, r := range m.requests {
		if time.Since(r.started) >= requestLife {
			delete(m.requests, id)
		}
	}
	for code, id := range m.codes {
		if _, live := m.requests[id]; !live {
			delete(m.codes, code)
		}
	}
	for id, t := range m.tokens {
		if time.Now().After(t.expires) {
			delete(m.tokens, id)
		}
	}
}

// AuthRequestByID finds a request on the way back from the page.
func (m *memory) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.requests[id]
	if !ok || time.Since(r.started) >= requestLife {
		return nil, errUnknown
	}
	return r, nil
}

// SaveAuthCode stores the code of a request.
func (m *memory) SaveAuthCode(_ context.Context, id, code string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.codes[code] = id
	return nil
}

// AuthRequestByCode takes a code. It is gone then, whether or not the rest of
// the exchange succeeds: RFC 6749 4.1.2, a code is used once.
func (m *memory) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	m.mu.Lock()
	id, ok := m.codes[code]
	delete(m.codes, code)
	m.mu.Unlock()
	if !ok {
		return nil, errUnknown
	}
	return m.AuthRequestByID(ctx, id)
}

// DeleteAuthRequest ends a request that has become tokens.
func (m *memory) DeleteAuthRequest(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.requests, id)
	return nil
}

// CreateAccessToken remembers a token for /userinfo.
func (m *memory) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	id, expires := rand.Text(), time.Now().Add(tokenLife)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.tokens) >= mostAtOnce {
		return "", time.Time{}, oidc.ErrServerError().WithDescription("too many tokens at once")
	}
	m.tokens[id] = token{subject: r.GetSubject(), scopes: r.GetScopes(), expires: expires}
	return id, expires, nil
}

// SetUserinfoFromRequest fills the ID token.
func (m *memory) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	return m.tell(info, r.GetSubject(), scopes)
}

// SetUserinfoFromToken fills the answer of /userinfo.
func (m *memory) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, id, subject, _ string) error {
	m.mu.Lock()
	t, ok := m.tokens[id]
	m.mu.Unlock()
	if !ok || t.subject != subject || time.Now().After(t.expires) {
		return errUnknown
	}
	return m.tell(info, subject, t.scopes)
}

// tell fills in what the scopes allow to be told of a person.
func (m *memory) tell(info *oidc.UserInfo, subject string, scopes []string) error {
	p, ok := m.people[subject]
	if !ok {
		return errUnknown
	}
	info.Subject = p.Subject
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name, info.PreferredUsername = p.Name, p.Username
		appendText(info, "title", p.Title)
		appendText(info, "department", p.Department)
	}
	if slices.Contains(scopes, oidc.ScopeEmail) && p.Email != "" {
		info.Email, info.EmailVerified = p.Email, true
	}
	if slices.Contains(scopes, scopeGroups) {
		info.AppendClaims("groups", append([]string{}, p.Groups...)) // [] rather than null
	}
	return nil
}

func appendText(info *oidc.UserInfo, name, text string) {
	if text != "" {
		info.AppendClaims(name, text)
	}
}

// TerminateSession forgets a person's tokens after /end_session.
func (m *memory) TerminateSession(_ context.Context, subject, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, t := range m.tokens {
		if t.subject == subject {
			delete(m.tokens, id)
		}
	}
	return nil
}

// SigningKey returns the private key.
func (m *memory) SigningKey(context.Context) (op.SigningKey, error) { return m.signing() }

// KeySet returns the public key.
func (m *memory) KeySet(context.Context) ([]op.Key, error) {
	k, err := m.signing()
	return []op.Key{publicKey{k}}, err
}

// SignatureAlgorithms names the only algorithm.
func (m *memory) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

// GetClientByClientID finds a node.
func (m *memory) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	c, ok := m.clients[id]
	if !ok {
		return nil, errUnknown
	}
	return c, nil
}

// AuthorizeClientIDSecret checks a node's secret.
func (m *memory) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	c, ok := m.clients[id]
	if !ok || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		return errUnknown
	}
	return nil
}
