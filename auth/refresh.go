package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/oauth2"

	"parley/internal/store"
)

// errGone says that the provider gives nothing for a refresh token any more: it has
// switched the person off, or taken back that we may ask. RFC 6749 5.2, invalid_grant
var errGone = errors.New("invalid_grant")

// refresh asks the provider anew about somebody who is not here. The claims have
// the refresh token to go on with also where the error is not nil: providers that
// give a new one take the old one, when it comes again, for stolen.
func (p *Provider) refresh(ctx context.Context, i *store.Identity) (Claims, error) {
	c := Claims{RefreshToken: i.RefreshToken}
	d, err := p.discover(ctx)
	if err != nil {
		return c, err
	}
	token, err := p.redeem(ctx, d, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {i.RefreshToken}})
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refusal.ErrorCode == errGone.Error() {
			return c, errGone
		}
		// Some answer with what they were sent, which is no text for the log.
		err = &oauth2.RetrieveError{Response: refusal.Response, ErrorCode: refusal.ErrorCode}
	}
	if err != nil {
		return c, p.exchangeFailed(err)
	}
	c.RefreshToken = token.RefreshToken
	said, err := p.saidAnew(ctx, d, token, i)
	if err != nil {
		return c, err
	}
	anew := claimsOf(i.Issuer, i.Subject, said)
	anew.RefreshToken = token.RefreshToken
	return anew, nil
}

// saidAnew are the claims of a refreshed ID token, with userinfo where it is thin.
// Without an ID token, which a provider may leave out, what userinfo does not say
// is as it was. [OIDC Core] 12.2
func (p *Provider) saidAnew(ctx context.Context, d *discovered, token *oauth2.Token, i *store.Identity) (said map[string]any, err error) {
	raw, signed := token.Extra("id_token").(string)
	if signed {
		id, err := p.verify(ctx, d, raw, token.AccessToken)
		if err != nil {
			return nil, err
		}
		if id.Subject != i.Subject {
			return nil, p.distrust(fmt.Errorf("the ID token is about %q, asked was about %q", id.Subject, i.Subject))
		}
		if said, err = decode(id.Claims); err != nil {
			return nil, p.distrust(err)
		}
	}
	if p.lacking(said) && d.provider.UserInfoEndpoint() != "" {
		if said, err = p.ask(ctx, d, token, i.Subject, said); err != nil {
			return nil, err
		}
	}
	if claim := p.overflowed(said); claim != "" {
		return nil, p.overflow(claim)
	}
	if !signed {
		said = fill(said, parsed(i.Claims))
	}
	return said, nil
}
