package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parley/internal/fault"
)

// Code reads the provider's answer from the callback's query. Whoever calls it
// has found the Attempt by its state already. No text of the answer is passed
// on: anybody can write a link to our callback.
func (p *Provider) Code(ctx context.Context, q url.Values) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	// RFC 9207 2.4: the answer must be from whom we sent the browser to.
	if iss := q.Get("iss"); iss != p.Issuer && (iss != "" || d.sendsIss) {
		return "", p.distrust(fmt.Errorf("the callback names the issuer %q", iss))
	}
	switch problem := q.Get("error"); problem {
	case "":
	case "access_denied":
		return "", fault.New(fault.Forbidden, fmt.Sprintf("%s did not sign you in. Start again, or ask your administrator whether you may use this service.", p.Name))
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		return "", fault.New(fault.Unauthorized, fmt.Sprintf("%s wants you to sign in again. Start the sign-in once more.", p.Name))
	case "temporarily_unavailable", "server_error":
		return "", p.unreachable(fmt.Errorf("the callback says %q", problem))
	default:
		return "", fault.Wrap(fault.BadRequest, fmt.Errorf("the callback says %q", problem),
			fmt.Sprintf("%s refused the sign-in. Tell your administrator; the node's log has the reason.", p.Name))
	}
	if q.Get("code") == "" {
		return "", fault.New(fault.BadRequest, "This is not a complete answer of an identity provider. Start the sign-in again.")
	}
	return q.Get("code"), nil
}

// Exchange turns a code into claims, and believes them only after every check
// of [OIDC Core] 3.1.3.7. The attempt must be the one the browser began with.
func (p *Provider) Exchange(ctx context.Context, code string, a Attempt) (Claims, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Claims{}, err
	}
	token, err := p.redeem(ctx, d, a.grant(code))
	if err != nil {
		return Claims{}, p.exchangeFailed(err)
	}
	rawID, _ := token.Extra("id_token").(string)
	id, err := p.verify(ctx, d, rawID, token.AccessToken)
	if err != nil {
		return Claims{}, err
	}
	if !Same(id.Nonce, a.Nonce) {
		return Claims{}, p.distrust(errors.New("another nonce"))
	}
	said, err := decode(id.Claims)
	if err != nil {
		return Claims{}, p.distrust(err)
	}
	if p.lacking(said) && d.provider.UserInfoEndpoint() != "" {
		if said, err = p.ask(ctx, d, token, id.Subject, said); err != nil {
			return Claims{}, err
		}
	}
	if claim := p.overflowed(said); claim != "" {
		return Claims{}, p.overflow(claim)
	}
	c := claimsOf(p.Issuer, id.Subject, said)
	if c.IDToken = rawID; p.Offline {
		c.RefreshToken = token.RefreshToken
	}
	return c, nil
}

// verify checks an ID token. The library checks signature and algorithm,
// issuer and audience; the rest of [OIDC Core] 3.1.3.7 is here, but for the nonce.
func (p *Provider) verify(ctx context.Context, d *discovered, raw, accessToken string) (*oidc.IDToken, error) {
	id, err := d.verifier.Verify(p.with(ctx), raw)
	if err != nil {
		return nil, p.distrust(err)
	}
	var more struct {
		times
		AuthorizedParty string `json:"azp"`
	}
	if err := id.Claims(&more); err != nil {
		return nil, p.distrust(err)
	}
	if err := more.wrong(p.now()); err != nil {
		return nil, p.mistimed(err)
	}
	switch {
	case id.Subject == "":
		return nil, p.distrust(errors.New("no sub"))
	case len(id.Audience) > 1 && more.AuthorizedParty == "":
		return nil, p.distrust(errors.New("several audiences and no azp"))
	case more.AuthorizedParty != "" && more.AuthorizedParty != p.ClientID:
		return nil, p.distrust(fmt.Errorf("azp is %q", more.AuthorizedParty))
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(accessToken); err != nil {
			return nil, p.distrust(err)
		}
	}
	return id, nil
}

// lacking reports whether the ID token leaves out what we came for. Conforming
// providers put only protocol claims into it.
func (p *Provider) lacking(said map[string]any) bool {
	wanted := []string{"name", "preferred_username", "email", "groups"}
	wanted = slices.Concat(wanted, p.asks(), p.Profile.asks())
	if p.Names.Claim != "" {
		wanted = append(wanted, p.Names.Claim)
	}
	return slices.ContainsFunc(wanted, func(claim string) bool { return claimAt(said, claim) == nil })
}

// ask fills the claims from userinfo. It must be about the same person, and it
// must answer: a role that hangs on a group is not lost to a hiccup.
func (p *Provider) ask(ctx context.Context, d *discovered, token *oauth2.Token, subject string, said map[string]any) (map[string]any, error) {
	info, err := d.provider.UserInfo(p.with(ctx), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, p.unreachable(err)
	}
	if info.Subject != subject { // [OIDC Core] 5.3.2
		return nil, p.distrust(fmt.Errorf("userinfo is about %q, the ID token about %q", info.Subject, subject))
	}
	more, err := decode(info.Claims)
	if err != nil {
		return nil, p.distrust(err)
	}
	return fill(said, more), nil
}

// LogoutToken checks a back-channel logout token in full, and tells whose
// sessions end: all of a subject, or the one with the SessionID. The caller
// makes sure that its TokenID comes once. [Back-Channel Logout] 2.6
func (p *Provider) LogoutToken(ctx context.Context, raw string) (*oidc.LogoutToken, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	t, err := d.verifier.VerifyLogout(p.with(ctx), raw)
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err, "The logout token is not valid.")
	}
	var when times
	if err = t.Claims(&when); err == nil {
		err = when.wrong(p.now())
	}
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err, "By the clock of this node, the logout token has expired or is not valid yet.")
	}
	return t, nil
}

// decode reads claims, keeping numbers as they were written.
func decode(claims func(any) error) (map[string]any, error) {
	var raw json.RawMessage
	if err := claims(&raw); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var said map[string]any
	err := d.Decode(&said)
	return said, err
}

// exchangeFailed says what to do about a refused code.
func (p *Provider) exchangeFailed(err error) error {
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return p.unreachable(err)
	case refusesClient(refusal):
		return fault.Wrap(fault.Unavailable, err, fmt.Sprintf(
			"%s does not accept this node's client_id and its client_secret or private key. An administrator must correct them in the settings, or at the provider.", p.Name))
	case refusal.ErrorCode == "invalid_grant":
		return fault.Wrap(fault.Unauthorized, err, "This sign-in has expired or was used already. Start it again.")
	}
	return p.unreachable(err)
}

// refusesClient reports whether it is us that the token endpoint does not know,
// and not the code. RFC 6749 5.2
func refusesClient(refusal *oauth2.RetrieveError) bool {
	return refusal.ErrorCode == "invalid_client" || refusal.ErrorCode == "unauthorized_client" ||
		refusal.ErrorCode == "" && refusal.Response.StatusCode == http.StatusUnauthorized
}

func (p *Provider) unreachable(err error) error {
	return fault.Wrap(fault.Unavailable, err, fmt.Sprintf("The identity provider %s does not answer as it should. Try again in a minute.", p.Name))
}

func (p *Provider) distrust(err error) error {
	return fault.Wrap(fault.Unauthorized, err, fmt.Sprintf(
		"What %s answered does not stand up to our checks, so you are not signed in. Start again; if it happens again, tell your administrator.", p.Name))
}
