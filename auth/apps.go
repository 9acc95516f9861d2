package auth

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/internal/fault"
	"parley/internal/store"
)

// outOfBand is the redirect URI of apps that have none: we show the code.
const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

const (
	maxAppName      = 255
	maxRedirectURIs = 20
	maxURI          = 2000
)

// registerApp makes a client app known. Anybody may; an app by itself may do
// nothing.
func (a *Auth) registerApp(w http.ResponseWriter, r *http.Request) {
	q, err := params(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	app, err := newApp(q)
	if err == nil && !a.welcome(app) {
		err = errUnwelcome
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	secret := NewSecret()
	app.SecretHash = Hash(secret)
	if err := a.DB.Write(r.Context(), func(tx *store.Tx) error { return tx.CreateApp(app) }); err != nil {
		writeError(w, r, err)
		return
	}
	entity := a.appEntity(app)
	entity["client_id"], entity["client_secret"], entity["client_secret_expires_at"] = app.ClientID, secret, 0
	writeJSON(w, http.StatusOK, entity)
}

// newApp checks what an app says about itself.
func newApp(q url.Values) (*store.App, error) {
	name, website := strings.TrimSpace(q.Get("client_name")), strings.TrimSpace(q.Get("website"))
	uris := slices.Concat(q["redirect_uris"], q["redirect_uris[]"])
	// Several may come in one text. None of them can have a space in it.
	uris = strings.Fields(strings.Join(uris, "\n"))
	switch {
	case name == "" || len(name) > maxAppName || strings.ContainsRune(name, 0):
		return nil, fault.New(fault.Invalid, "Validation failed: Application name can't be blank or longer than 255 characters")
	case len(uris) == 0 || len(uris) > maxRedirectURIs || !allRedirectable(uris):
		return nil, fault.New(fault.Invalid, "Validation failed: Redirect URI must be an absolute URI without a fragment")
	}
	scopes, err := ParseScopes(strings.Join(slices.Concat(q["scopes"], q["scopes[]"]), " "))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "Validation failed: Scopes doesn't match configured on the server.")
	}
	if u, err := url.Parse(website); err != nil || (u.Scheme != "http" && u.Scheme != "https") || len(website) > maxURI {
		website = "" // only ever shown as a link
	}
	return &store.App{
		ID: store.NewID(), ClientID: NewSecret(), Name: name, Website: website,
		RedirectURIs: strings.Join(uris, "\n"), Scopes: scopes.String(), CreatedAt: store.Now(),
	}, nil
}

func allRedirectable(uris []string) bool {
	return !slices.ContainsFunc(uris, func(uri string) bool { return !redirectable(uri) })
}

// redirectable reports whether a browser may be sent to a URI with a code.
// Apps bring schemes of their own; those that run as script or open files are
// none. RFC 6749 3.1.2, RFC 8252 7.1
func redirectable(uri string) bool {
	if uri == outOfBand {
		return true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || len(uri) > maxURI || strings.Contains(uri, "#") || u.User != nil {
		return false
	}
	switch u.Scheme {
	case "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "ws", "wss", "ftp", "mailto", "urn":
		return false
	case "http", "https":
		return u.Host != ""
	}
	return true
}

// appEntity is a client app as apps are told of it.
func (a *Auth) appEntity(app *store.App) map[string]any {
	uris := strings.Split(app.RedirectURIs, "\n")
	var website any
	if app.Website != "" {
		website = app.Website
	}
	return map[string]any{
		"id": strconv.FormatInt(app.ID, 10), "name": app.Name, "website": website, "scopes": strings.Fields(app.Scopes),
		"redirect_uri": app.RedirectURIs, "redirect_uris": uris, "vapid_key": a.VAPIDKey,
	}
}

// verifyApp tells an app who it is, to any token of it.
func (a *Auth) verifyApp(w http.ResponseWriter, r *http.Request) {
	app, err := a.DB.With(r.Context()).AppByID(WhoIs(r.Context()).AppID)
	if fault.Is(err, fault.NotFound) {
		err = errToken // a token that the owner's command made has no app
	}
	if err != nil {
		writeError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, a.appEntity(app))
}

// client is the app that a request authenticates as, by Basic or in the body.
// RFC 6749 2.3.1
func (a *Auth) client(r *http.Request, q url.Values) (*store.App, error) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, secret = unescape(id), unescape(secret)
	} else {
		id, secret = q.Get("client_id"), q.Get("client_secret")
	}
	app, err := a.DB.With(r.Context()).App(id)
	if fault.Is(err, fault.NotFound) {
		return nil, errClient
	}
	if err != nil {
		return nil, err
	}
	if !Same(Hash(secret), app.SecretHash) || !a.welcome(app) {
		return nil, errClient
	}
	return app, nil
}

// unescape undoes the form encoding that RFC 6749 2.3.1 asks for in Basic; our
// ids and secrets have nothing that needs it.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
