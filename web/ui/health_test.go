package ui_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/auth"
)

// Whoever may see how the node is used sees how it is, in words, and what to do.
func TestHealthPage(t *testing.T) {
	n := newNode(t)
	n.UI.Health.Auth.Providers = []*auth.Provider{{Name: "Corp IdP", Issuer: n.url + "/nowhere", ClientID: "parley", Client: http.DefaultClient}}
	auditor, member := n.person("aud", "auditor"), n.person("mia", "member")
	require.NotEqual(t, http.StatusOK, member.get("/owner/health").code)
	auditor.get("/owner/health").ok().has("Something needs a look.").has("The database answers in").has("Provider Corp IdP").has("parley identity check")
}
