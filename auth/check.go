package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parley/internal/fault"
)

// Finding is one thing that a test of a provider looked at.
type Finding struct {
	What string
	Good bool
	Said string // what was found, and what to do where it is not good
}

// Check tests a provider without signing anybody in: whether it announces itself,
// its keys, and whether it accepts this node as its client. What it finds is for
// whoever sets it up.
func (a *Auth) Check(ctx context.Context, p *Provider) []Finding {
	return p.check(ctx, a.URL+callbackPath)
}

func (p *Provider) check(ctx context.Context, redirect string) []Finding {
	d, err := p.announcement(ctx)
	if err != nil {
		return []Finding{{"Announcement", false, fault.Message(err) + " " + cause(err)}}
	}
	var a struct {
		JWKS        string   `json:"jwks_uri"`
		Algorithms  []string `json:"id_token_signing_alg_values_supported"`
		BackChannel bool     `json:"backchannel_logout_supported"`
		Scopes      []string `json:"scopes_supported"`
	}
	if err := d.provider.Claims(&a); err != nil {
		return []Finding{{"Announcement", false, err.Error()}}
	}
	found := []Finding{{"Announcement", true, "It calls itself " + p.Issuer + ", as the settings do."}, p.checkEndpoints(d), p.checkAlgorithms(a.Algorithms), p.checkKeys(ctx, a.JWKS), p.checkClient(ctx, d, redirect), p.checkScopes(a.Scopes)}
	signOut := Finding{"Sign-out", true, "It tells this node at once when somebody signs out or is switched off, if the back-channel logout URI is set there."}
	if !a.BackChannel {
		signOut.Said = "It does not announce back-channel logout: who leaves keeps access until the directory says so by SCIM, or until sessions and tokens end (auth.session_ttl, auth.token_ttl)."
	}
	if p.Offline && !slices.Contains(a.Scopes, oidc.ScopeOfflineAccess) {
		found = append(found, Finding{"Asking again", false, "It does not announce the scope offline_access, so that it may give nothing to ask it again by (auth.recheck): who leaves keeps access until sessions and tokens end."})
	}
	return append(found, signOut)
}

// cause is what is behind an error that was put into words.
func cause(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Cause != nil {
		return "(" + e.Cause.Error() + ")"
	}
	return ""
}

func (p *Provider) checkEndpoints(d *discovered) Finding {
	plain := strings.HasPrefix(p.Issuer, "http://")
	for _, endpoint := range []string{d.oauth.Endpoint.AuthURL, d.oauth.Endpoint.TokenURL} {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || u.Scheme != "https" && !plain {
			return Finding{"Endpoints", false, fmt.Sprintf("%q is no https address: correct the address that the provider has of itself.", endpoint)}
		}
	}
	return Finding{"Endpoints", true, "People sign in at " + d.oauth.Endpoint.AuthURL}
}

func (p *Provider) checkAlgorithms(announced []string) Finding {
	usable := slices.DeleteFunc(slices.Clone(announced), func(alg string) bool { return !slices.Contains(algorithms, alg) })
	if len(announced) > 0 && len(usable) == 0 {
		return Finding{"Signatures", false, fmt.Sprintf("It signs by %s. Have it sign for this client by one of %s.", strings.Join(announced, ", "), strings.Join(algorithms, ", "))}
	}
	return Finding{"Signatures", true, "It signs by " + strings.Join(usable, ", ")}
}

// checkKeys fetches the keys by which the provider signs.
func (p *Provider) checkKeys(ctx context.Context, address string) Finding {
	var set struct {
		Keys []struct {
			Type string `json:"kty"`
			Use  string `json:"use"`
			ID   string `json:"kid"`
		} `json:"keys"`
	}
	if err := p.fetchJSON(ctx, address, &set); err != nil {
		return Finding{"Keys", false, fmt.Sprintf("The keys at %s cannot be read: %v", address, err)}
	}
	var kinds []string
	for _, key := range set.Keys {
		if key.Use != "enc" && key.Type != "oct" {
			kinds = append(kinds, strings.TrimSpace(key.Type+" "+key.ID))
		}
	}
	if len(kinds) == 0 {
		return Finding{"Keys", false, "There is no key for signatures at " + address}
	}
	return Finding{"Keys", true, strings.Join(kinds, ", ")}
}

func (p *Provider) fetchJSON(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := p.client().Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// checkClient redeems a code that cannot be one. A provider that knows this node
// complains of the code, one that does not of the client.
func (p *Provider) checkClient(ctx context.Context, d *discovered, redirect string) Finding {
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	_, err := p.redeem(ctx, d, NewAttempt(redirect).grant(NewSecret()))
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return Finding{"Client", false, fmt.Sprintf("Its token endpoint does not answer as it should: %v", err)}
	case refusesClient(refusal):
		return Finding{"Client", false, "It does not accept client_id and client_secret, or the private key, of the settings (" + d.tokenAuth + "). Copy them from the provider anew."}
	case refusal.ErrorCode == "invalid_grant":
		return Finding{"Client", true, "Its token endpoint did not refuse this node (" + d.tokenAuth + "). Some look at that only with a code of theirs: see what it says of somebody."}
	}
	return Finding{"Client", false, fmt.Sprintf("Its token endpoint answers %q to a code that it never gave; invalid_grant was to be expected.", cmp.Or(refusal.ErrorCode, refusal.Response.Status))}
}

func (p *Provider) checkScopes(announced []string) Finding {
	asked := p.scopes(announced)
	for _, scope := range asked {
		if len(announced) > 0 && !slices.Contains(announced, scope) {
			return Finding{"Scopes", false, fmt.Sprintf("It does not announce the scope %q, which this node asks for: see scopes in the settings.", scope)}
		}
	}
	return Finding{"Scopes", true, strings.Join(asked, " ")}
}
