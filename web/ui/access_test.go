package ui_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/auth"
)

func TestAppsAndDevices(t *testing.T) {
	n := newNode(t)
	alice, bob := n.person("alice", "member"), n.person("bob", "member")
	_, err := n.auth.IssueToken(t.Context(), 0, alice.id, auth.Scopes{"read", "write"})
	require.NoError(t, err)
	phone := n.stranger()
	phone.id = alice.id
	phone.get(phone.link()).ok()

	page := alice.get("/settings/access").ok()
	require.Contains(t, page.body, "read write")
	require.Contains(t, page.body, "this one")
	grants, err := n.db.Grants(alice.id)
	require.NoError(t, err)
	sessions, err := n.db.Sessions(alice.id)
	require.NoError(t, err)
	require.Len(t, sessions, 2)

	end := fmt.Sprintf("/settings/access/apps/%d/end", grants[0].ID)
	require.Equal(t, http.StatusNotFound, bob.post(end).code, "it is not his")
	require.Contains(t, alice.post(end).ok().body, "cannot act for you any more")
	require.Contains(t, alice.post(fmt.Sprintf("/settings/access/sessions/%d/end", sessions[0].ID)).ok().body, "signed out")
	require.NotContains(t, phone.get("/settings/access").url.Path, "/settings", "the phone has to sign in")
	alice.get("/settings/access").ok()
}
