package auth

import (
	"slices"
	"strings"

	"parley/internal/fault"
)

// Scopes are what a token may do, in the order they were asked for.
type Scopes []string

// bundles are the scopes that stand for others, with the parts that may be
// asked for one by one. https://docs.joinmastodon.org/api/oauth-scopes/
var bundles = map[string][]string{
	"read": {"accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes",
		"notifications", "search", "statuses"},
	"write": {"accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters", "follows", "lists",
		"media", "mutes", "notifications", "reports", "statuses"},
	"admin:read": {"accounts", "canonical_email_blocks", "domain_allows", "domain_blocks", "email_domain_blocks", "ip_blocks",
		"reports"},
	"admin:write": {"accounts", "canonical_email_blocks", "domain_allows", "domain_blocks", "email_domain_blocks", "ip_blocks",
		"reports"},
	"follow":  nil,
	"push":    nil,
	"profile": nil,
}

// followBundle is what the old scope "follow" stands for.
var followBundle = []string{"read:blocks", "read:follows", "read:mutes", "write:blocks", "write:follows", "write:mutes"}

// known is every scope there is.
var known = func() map[string]bool {
	all := map[string]bool{}
	for bundle, parts := range bundles {
		all[bundle] = true
		for _, part := range parts {
			all[bundle+":"+part] = true
		}
	}
	return all
}()

// KnownScopes lists every scope, sorted: what the server's metadata announces.
func KnownScopes() Scopes {
	all := make(Scopes, 0, len(known))
	for scope := range known {
		all = append(all, scope)
	}
	slices.Sort(all)
	return all
}

// ParseScopes reads a list separated by spaces. Repetitions are dropped; no
// scope at all means "read", as in Mastodon.
func ParseScopes(list string) (Scopes, error) {
	var s Scopes
	for _, scope := range strings.Fields(list) {
		if !known[scope] {
			return nil, fault.New(fault.BadRequest, "The requested scope is invalid, unknown, or malformed.")
		}
		if !slices.Contains(s, scope) {
			s = append(s, scope)
		}
	}
	if len(s) == 0 {
		return Scopes{"read"}, nil
	}
	return s, nil
}

// String writes the scopes as they were asked for.
func (s Scopes) String() string { return strings.Join(s, " ") }

// Allows reports whether one of the scopes that a route accepts is covered.
// A route that accepts none is closed.
func (s Scopes) Allows(accepted ...string) bool {
	return slices.ContainsFunc(accepted, s.covers)
}

// Within reports whether everything asked for here is covered by the others:
// an app gets no more than it registered for.
func (s Scopes) Within(others Scopes) bool {
	for _, scope := range s {
		if !others.covers(scope) {
			return false
		}
	}
	return true
}

// For drops what somebody's powers do not allow: the admin scopes are for those
// who may read or change something that others may not. What each of them may is
// checked again at every request.
func (s Scopes) For(p Powers) Scopes {
	return slices.DeleteFunc(slices.Clone(s), func(scope string) bool {
		rest, admin := strings.CutPrefix(scope, "admin:")
		return admin && !p.any(strings.HasPrefix(rest, "read"))
	})
}

// covers reports whether a scope, its bundle, or the old "follow" is held.
func (s Scopes) covers(scope string) bool {
	if !known[scope] {
		return false
	}
	if slices.Contains(s, scope) {
		return true
	}
	if slices.Contains(s, "follow") && slices.Contains(followBundle, scope) {
		return true
	}
	bundle, _, granular := cutLast(scope)
	return granular && slices.Contains(s, bundle)
}

// cutLast splits "admin:read:accounts" into "admin:read" and "accounts".
// "admin:read" itself is no part of anything.
func cutLast(scope string) (bundle, part string, ok bool) {
	i := strings.LastIndexByte(scope, ':')
	if i < 0 || scope[:i] == "admin" {
		return "", "", false
	}
	return scope[:i], scope[i+1:], true
}
