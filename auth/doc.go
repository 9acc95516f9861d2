// Package auth answers who is asking: people through the organisation's
// identity provider, client apps through tokens that people gave them.
//
// The database-free part says what must hold. Provider is one identity
// provider and believes an ID token only after every check of OpenID Connect
// Core 3.1.3.7. RoleOf turns its claims into a role. Scopes are what a token
// may do. Secrets are random, stored hashed and compared in constant time.
package auth
