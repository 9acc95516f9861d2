// Package auth answers who is asking: people through the organisation's
// identity provider, client apps through tokens that people gave them.
//
// Provider is one identity provider and believes an ID token only after every
// check of OpenID Connect Core 3.1.3.7. Auth lets in whom it vouches for, found
// by issuer and subject, and makes the session; it is also the OAuth server of
// the client apps. Policy.Decide turns claims into a role, Scopes are what a token may
// do. Secrets are random, stored hashed and compared in constant time.
//
//	/auth/sign_in                   which provider                    login.go
//	/auth/oidc/{provider}/start     to the provider                   login.go
//	/auth/oidc/callback             and back: exchange.go, admit.go   login.go
//	/auth/oidc/{provider}/..._logout  it says that a session is over  logout.go
//	/auth/sign_out  /auth/link/...                                    login.go
//	/api/v1/apps                    a client app introduces itself    apps.go
//	/oauth/authorize  .../native    may it act for you?               authorize.go
//	/oauth/token  revoke  userinfo                                    tokens.go
//	/.well-known/oauth-authorization-server                           tokens.go
//
// proof.go has people sign in again before they do what only some may do.
// directory.go reads what the provider's directory said of somebody by SCIM;
// auth/scim takes its word.
//
// http.go has the list of routes and the middleware, and is the only file that
// knows gin; the handlers are plain ones.
package auth
