package auth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"parley/internal/fault"
)

func TestParseScopes(t *testing.T) {
	for list, want := range map[string]string{
		"":                           "read",
		"   ":                        "read",
		"read write follow push":     "read write follow push",
		"push read":                  "push read",
		" read\twrite  read ":        "read write",
		"profile":                    "profile",
		"read:statuses write:media":  "read:statuses write:media",
		"admin:read admin:write":     "admin:read admin:write",
		"admin:write:domain_blocks":  "admin:write:domain_blocks",
		"read read:accounts":         "read read:accounts",
		"write:conversations follow": "write:conversations follow",
	} {
		s, err := ParseScopes(list)
		require.NoError(t, err, list)
		assert.Equal(t, want, s.String(), list)
	}
	for _, list := range []string{"everything", "read,write", "Read", "read:", ":read", "admin", "admin:", "read:everything",
		"read:media", "write:search", "admin:follow", "follow:all", "push:all", "read write root", "read:statuses:own", "read\x00"} {
		_, err := ParseScopes(list)
		assert.True(t, fault.Is(err, fault.BadRequest), "%q: %v", list, err)
	}
}

func TestScopesAllow(t *testing.T) {
	tests := []struct {
		held, accepted string
		want           bool
	}{
		{"read", "read", true},
		{"read", "read:statuses", true},
		{"read", "read:search", true},
		{"read", "read:statuses read:accounts", true},
		{"read", "write", false},
		{"read", "write:statuses", false},
		{"read", "admin:read", false},
		{"read", "admin:read:accounts", false},
		{"read", "push", false},
		{"read", "profile", false},
		{"read", "profile read read:accounts", true},
		{"read:statuses", "read", false},
		{"read:statuses", "read:statuses", true},
		{"read:statuses", "read:accounts", false},
		{"read:statuses", "read:accounts read:statuses", true},
		{"write", "write:media", true},
		{"write", "read", false},
		{"write", "read:statuses", false},
		{"write", "admin:write", false},
		{"write", "admin:write:reports", false},
		{"write:media", "write", false},
		{"follow", "follow", true},
		{"follow", "read:follows", true},
		{"follow", "write:follows", true},
		{"follow", "read:blocks", true},
		{"follow", "write:blocks", true},
		{"follow", "read:mutes", true},
		{"follow", "write:mutes", true},
		{"follow", "read", false},
		{"follow", "write", false},
		{"follow", "read:accounts", false},
		{"follow", "write:statuses", false},
		{"write:follows", "follow", false},
		{"write:follows", "follow write write:follows", true},
		{"push", "push", true},
		{"push", "read", false},
		{"profile", "profile", true},
		{"profile", "read:accounts", false},
		{"admin:read", "admin:read", true},
		{"admin:read", "admin:read:accounts", true},
		{"admin:read", "admin:read:domain_blocks", true},
		{"admin:read", "admin:write:accounts", false},
		{"admin:read", "read", false},
		{"admin:read", "read:accounts", false},
		{"admin:write", "admin:write:ip_blocks", true},
		{"admin:write", "admin:read:ip_blocks", false},
		{"admin:write", "write:reports", false},
		{"admin:read:accounts", "admin:read:accounts", true},
		{"admin:read:accounts", "admin:read", false},
		{"admin:read:accounts", "admin:read:reports", false},
		{"admin:read:accounts", "read:accounts", false},
		{"read write follow push", "write:statuses", true},
		{"read write follow push", "admin:read", false},
		{"read write", "read:nonsense", false},
		{"read write", "nonsense", false},
		{"read write", "", false},
	}
	for _, test := range tests {
		held, err := ParseScopes(test.held)
		require.NoError(t, err)
		assert.Equal(t, test.want, held.Allows(strings.Fields(test.accepted)...), "%q against %q", test.held, test.accepted)
	}
	assert.False(t, Scopes(nil).Allows("read"), "a token without scopes")
	assert.False(t, Scopes{"read"}.Allows(), "a route without a policy")
	assert.False(t, Scopes{"nonsense"}.Allows("nonsense"), "a scope that does not exist")
	assert.False(t, Scopes{"admin"}.Allows("admin:read"), "a bundle that does not exist")
}

func TestScopesWithin(t *testing.T) {
	tests := []struct {
		asked, registered string
		want              bool
	}{
		{"read", "read", true},
		{"read", "read write", true},
		{"read:statuses", "read", true},
		{"read write follow push", "read write follow push", true},
		{"write:follows", "follow", true},
		{"follow", "read write follow", true},
		{"read", "read:statuses", false},
		{"read write", "read", false},
		{"follow", "write:follows", false},
		{"follow", "read write", false},
		{"admin:read", "read write follow push", false},
	}
	for _, test := range tests {
		asked, err := ParseScopes(test.asked)
		require.NoError(t, err)
		registered, err := ParseScopes(test.registered)
		require.NoError(t, err)
		assert.Equal(t, test.want, asked.Within(registered), "%q within %q", test.asked, test.registered)
	}
}

func TestNarrowerScopesNeverAllowMore(t *testing.T) {
	all := KnownScopes()
	rapid.Check(t, func(t *rapid.T) {
		wide := Scopes(rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "wide"))
		narrow := Scopes(rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "narrow"))
		scope := rapid.SampledFrom(all).Draw(t, "scope")
		if narrow.Within(wide) && narrow.Allows(scope) && !wide.Allows(scope) {
			t.Fatalf("%q is within %q but allows %s, which the wider does not", narrow, wide, scope)
		}
		again, err := ParseScopes(all.String())
		if err != nil || again.String() != all.String() {
			t.Fatalf("the known scopes do not survive writing and reading: %v", err)
		}
	})
}

// The admin scopes go as far as the role: an auditor reads.
func TestScopesForARole(t *testing.T) {
	all := Scopes{"read", "admin:read", "admin:read:reports", "admin:write", "admin:write:accounts"}
	for role, want := range map[Role]Scopes{
		Owner: all, Admin: all, Moderator: all, Compliance: {"read", "admin:read", "admin:read:reports"}, Auditor: {"read", "admin:read", "admin:read:reports"}, Member: {"read"}, Bot: {"read"},
	} {
		assert.Equal(t, want, all.For(Powers{Role: role}), role)
	}
}
