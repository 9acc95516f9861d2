package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What a node of an organisation does not do, it refuses as Mastodon does.
func TestWhatIsClosed(t *testing.T) {
	n := sqlite(t)
	ada := n.person("ada")
	app := &client{n: n, token: n.tokenFor(0, "read write")}
	for _, c := range []struct {
		who          *client
		method, path string
		code         int
		says         string
	}{
		{app, "POST", "/api/v1/accounts", 403, "This action is not allowed"},
		{n.stranger(), "POST", "/api/v1/accounts", 401, "The access token is invalid"},
		{ada, "POST", "/api/v1/emails/confirmations", 403, "This method is only available while the e-mail is awaiting confirmation"},
		{ada, "POST", ada.at("/api/v1/accounts/%d/email_subscriptions"), 404, ""},
		{ada, "GET", "/api/proofs?provider=keybase&username=ada", 404, ""},
	} {
		got := c.who.send(c.method, c.path, object{"email": "ada@example.com"})
		assert.Equal(t, c.code, got.code, c.path)
		assert.Contains(t, got.object()["error"], c.says, c.path)
	}
	invite := n.stranger().do("GET", "/invite/abc", nil, "Accept", "application/json")
	assert.Equal(t, 404, invite.code)
	assert.NotEmpty(t, invite.object()["error"])
	assert.Empty(t, n.stranger().get(ada.at("/api/v1/accounts/%d/identity_proofs")).ok().list())
	languages := n.stranger().get("/api/v1/instance/languages").ok().list()
	assert.Contains(t, languages, object{"code": "de", "name": "Deutsch"})
}

// Client apps send people to pages under the names that Mastodon gives them.
func TestPagesThatAppsOpen(t *testing.T) {
	n := sqlite(t)
	assert.Contains(t, n.stranger().get("/auth/sign_up").ok().body, "your account is made when you sign in")
	r, err := http.NewRequest("GET", n.url+"/auth/edit", nil)
	assert.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(r)
	assert.NoError(t, err)
	_ = response.Body.Close()
	assert.Equal(t, "/settings", response.Header.Get("Location"))
}
