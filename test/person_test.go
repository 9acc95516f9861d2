package test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outOfBand is where apps are sent that nobody can be sent to.
const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

// visitor is a browser on its way through forms and redirects.
type visitor struct {
	t    *testing.T
	http *http.Client
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t: t, http: &http.Client{Transport: web.Transport, Timeout: web.Timeout, Jar: jar}}
}

// page is where a visitor ended up.
type page struct {
	url  *url.URL
	body string
}

func (v *visitor) open(link string) page {
	v.t.Helper()
	r, err := v.http.Get(link)
	return v.read(r, err)
}

func (v *visitor) submit(link string, form url.Values) page {
	v.t.Helper()
	r, err := v.http.PostForm(link, form)
	return v.read(r, err)
}

func (v *visitor) read(r *http.Response, err error) page {
	v.t.Helper()
	require.NoError(v.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(v.t, err)
	require.Equal(v.t, http.StatusOK, r.StatusCode, "%s\n%s", r.Request.URL, body)
	return page{r.Request.URL, string(body)}
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]+)">`)
)

// press fills the page's form in with what it holds already and one button.
func (v *visitor) press(p page, button, value string) page {
	v.t.Helper()
	action := formAction.FindStringSubmatch(p.body)
	require.NotNil(v.t, action, "there is no form on %s:\n%s", p.url, p.body)
	target, err := p.url.Parse(action[1])
	require.NoError(v.t, err)
	form := url.Values{button: {value}}
	for _, field := range hiddenField.FindAllStringSubmatch(p.body, -1) {
		form.Set(field[1], unescape.Replace(field[2]))
	}
	return v.submit(target.String(), form)
}

var unescape = strings.NewReplacer("&#43;", "+", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&")

// signIn goes to a page of the node that wants somebody, and becomes person
// at the development sign-in on the way.
func (v *visitor) signIn(link, person string) page {
	v.t.Helper()
	picker := v.open(link)
	require.Contains(v.t, picker.url.Path, "/login", picker.body)
	return v.press(picker, "person", person)
}

// authorize signs somebody in and lets an app act for them; it returns the
// code that is shown.
func authorize(t *testing.T, link, person string) string {
	t.Helper()
	v := newVisitor(t)
	return v.allow(v.signIn(link, person))
}

// allow lets an app act for the visitor; it returns the code that is shown.
func (v *visitor) allow(consent page) string {
	v.t.Helper()
	shown := v.press(consent, "decision", "allow")
	code := shown.url.Query().Get("code")
	require.NotEmpty(v.t, code, "%s\n%s", shown.url, shown.body)
	require.Contains(v.t, shown.body, code)
	return code
}

// person is somebody using a client app.
type person struct {
	t     *testing.T
	node  *node
	token string
	account
}

// join signs somebody in on the node, which makes the account, through a newly
// registered app.
func (n *node) join(name string) *person {
	n.t.Helper()
	return n.joinBy(name, func(link string) string { return authorize(n.t, link, name) })
}

// joinBy is join with another way to sign in and get a code.
func (n *node) joinBy(name string, authorize func(link string) string) *person {
	n.t.Helper()
	nobody := &person{t: n.t, node: n}
	var app struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	const scopes = "read write follow push"
	nobody.post("/api/v1/apps", fields{"client_name": "test", "redirect_uris": outOfBand, "scopes": scopes}, &app)
	ask := url.Values{"client_id": {app.ClientID}, "redirect_uri": {outOfBand}, "response_type": {"code"}, "scope": {scopes}}
	code := authorize(n.url + "/oauth/authorize?" + ask.Encode())
	var token struct {
		AccessToken string `json:"access_token"`
		Scope       string `json:"scope"`
	}
	nobody.post("/oauth/token", fields{"grant_type": "authorization_code", "code": code, "client_id": app.ClientID,
		"client_secret": app.ClientSecret, "redirect_uri": outOfBand}, &token)
	require.Equal(n.t, scopes, token.Scope)
	p := &person{t: n.t, node: n, token: token.AccessToken}
	p.get("/api/v1/accounts/verify_credentials", &p.account)
	require.Equal(n.t, name, p.Username)
	return p
}

// handle is how others find the person.
func (p *person) handle() string { return "@" + p.Username + "@" + p.node.host }
