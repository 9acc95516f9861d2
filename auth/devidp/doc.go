// Package devidp is an OpenID Provider for a developer's own machine: it lets
// whoever can open its page be any of a handful of made-up people.
//
// It speaks the real protocol (discovery, keys, code flow with PKCE, userinfo,
// RP-initiated logout), so that a node signs people in against it exactly as
// it would against an organisation's provider. Everything lives in memory and
// is gone when the process ends.
//
// It proves nothing about anybody, and so it refuses to be reachable: New
// takes only an issuer on loopback, and the handler answers only requests that
// come from loopback, name a loopback host and passed no proxy.
//
//	/.well-known/openid-configuration   what there is
//	/keys                               the public key
//	/authorize                          starts a sign-in, leads to /login
//	/login                              the page with the people
//	/authorize/callback                 hands out the code
//	/token  /userinfo                   for the node
//	/end_session  /signed-out           RP-initiated logout
package devidp
