package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/actors"
	"parley/auth"
	"parley/auth/scim"
	"parley/inbox"
	"parley/internal/health"
	"parley/internal/media"
	"parley/outbox"
	"parley/partners"
	"parley/web/mastodon"
	"parley/web/ui"
)

// Web holds the rooms that the routes lead to.
type Web struct {
	API    *mastodon.API
	Auth   *auth.Auth
	SCIM   *scim.SCIM
	Actors *actors.Actors
	Outbox *outbox.Outbox
	Inbox  *inbox.Inbox
	Files  *media.Store
	Remote *media.Remote
	UI     *ui.UI
	Health *health.Health

	Partners *partners.Partners
	Networks *auth.Networks

	Dev http.Handler // the development identity provider, nil but on a node without another

	Limits         bool     // rate limits
	TrustedProxies []string // addresses or networks
	Log            *slog.Logger
}

// Route is one way in.
type Route struct {
	Method  string
	Path    string
	Policy  Policy
	Handler gin.HandlerFunc
}

// Handler answers every request to the node.
func (w *Web) Handler() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	// A path that is not in the list is not in the list: no redirects to one
	// that looks like it. See unslashed for the one exception.
	e.RedirectTrailingSlash, e.RedirectFixedPath, e.HandleMethodNotAllowed = false, false, true
	if err := e.SetTrustedProxies(w.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted_proxies: %w", err)
	}
	e.Use(w.observe, w.errors, headers(w.API.URL), cors, w.barred, legible)
	e.NoRoute(notFound)
	e.NoMethod(notAllowed)
	byAddress, byToken := w.addresses(), w.tokens()
	for _, r := range w.Routes() {
		handlers := slices.Concat(byAddress(r), w.enforce(r.Policy), byToken(r), keep(r), []gin.HandlerFunc{r.Handler})
		e.Handle(r.Method, r.Path, handlers...)
		if r.Method == http.MethodGet && r.Policy.harmless() {
			e.Handle(http.MethodHead, r.Path, handlers...)
		}
	}
	return compressed(unslashed(e))
}

// unslashed leads to the route without it what ends in a slash: Mastodon does,
// and Mastodon.py and toot ask so.
func unslashed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.Path; strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/oauth/") {
			r.URL.Path = strings.TrimSuffix(path, "/")
		}
		next.ServeHTTP(w, r)
	})
}
