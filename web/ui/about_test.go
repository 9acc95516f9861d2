package ui_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Owners say what their node is and tell everybody something; people read it.
func TestOwnersSpeakForTheNode(t *testing.T) {
	n := newNode(t)
	olga, bob, guest := n.person("olga", "owner"), n.person("bob", "member"), n.stranger()
	olga.post("/owner/about", "description", "Where Sales talks.", "contact_account", "olga", "extended_description", "Long <words>.",
		"privacy_policy", "We keep little.", "rules", "Be kind | Always").ok()
	olga.post("/owner/about/terms", "date", "2020-01-01", "terms", "Behave.").ok()
	require.Contains(t, guest.get("/").ok().body, "Where Sales talks.")
	page := guest.get("/about").ok().body
	for _, said := range []string{"Be kind", "Always", "/@olga", "/privacy-policy", "/terms-of-service", "Long &lt;words&gt;."} {
		require.Contains(t, page, said)
	}
	require.Contains(t, guest.get("/privacy-policy").ok().body, "We keep little.")
	require.Contains(t, guest.get("/terms-of-service").ok().body, "Behave.")

	olga.post("/owner/announcements", "text", "Down at noon", "ends", "2999-01-01T12:00").ok()
	require.Contains(t, bob.get("/").ok().body, "Down at noon")
	rows, err := n.db.Announcements(bob.id, true)
	require.NoError(t, err)
	bob.post("/ui/announcements/" + fmt.Sprint(rows[0].ID) + "/read").ok()
	require.NotContains(t, bob.get("/").ok().body, "Down at noon")

	for _, path := range []string{"/owner/about", "/owner/announcements", "/owner/emoji"} {
		require.Equal(t, http.StatusForbidden, bob.get(path).code, path)
		require.Equal(t, http.StatusForbidden, bob.post(path, "text", "Mine").code, path)
	}
	olga.post("/owner/announcements/" + fmt.Sprint(rows[0].ID) + "/withdraw").ok()
	require.NotContains(t, olga.get("/owner/announcements").ok().body, "Down at noon")
}
