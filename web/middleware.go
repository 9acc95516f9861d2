package web

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/telemetry"
)

// observe gives each request an id, by which its user can name it, counts it,
// and where that is wanted traces it and writes a line about it. Of the address
// only the route is told: the rest may hold a token. What a stranger says of
// traces is not believed.
func (w *Web) observe(c *gin.Context) {
	name := strconv.FormatUint(rand.Uint64(), 36)
	c.Header("X-Request-Id", name)
	ctx, span := telemetry.Start(c.Request.Context(), telemetry.Server, c.Request.Method)
	if span != nil {
		c.Request = c.Request.WithContext(ctx)
	}
	begun := time.Now()
	c.Next()
	took, route, status := time.Since(begun), c.FullPath(), c.Writer.Status()
	if part := part(route); part != "" {
		telemetry.Request(part, status, took)
	}
	if span != nil {
		span.Name(c.Request.Method + " " + route)
		span.Set("http.request.method", c.Request.Method)
		span.Set("http.route", route)
		span.Number("http.response.status_code", status)
		span.Set("parley.request_id", name)
		var err error
		if last := c.Errors.Last(); last != nil && status >= http.StatusInternalServerError {
			err = last.Err
		}
		span.End(err)
	}
	if w.Log.Enabled(ctx, slog.LevelDebug) {
		w.Log.DebugContext(ctx, "request", "method", c.Request.Method, "route", route, "status", status,
			"bytes", c.Writer.Size(), "took", took, "address", c.ClientIP(), "id", name)
	}
}

// parts are the parts of a node as its operator sees them, by how routes begin.
var parts = []struct{ prefix, name string }{
	{"/api/v1/streaming", ""}, {"/ui/events", ""}, {"/api/", "api"}, {"/inbox", "inbox"}, {"/actors/:id/inbox", "inbox"},
	{"/actors/", "documents"}, {"/posts/", "documents"}, {"/.well-known/", "documents"}, {"/nodeinfo/", "documents"},
	{"/media/", "files"}, {"/proxy/", "files"}, {"/avatars/", "files"}, {"/headers/", "files"}, {"/static/", "files"},
	{"/auth/", "sign_in"}, {"/oauth/", "sign_in"}, {"/scim/", "scim"},
}

// part is where a route belongs; empty for streams, which take as long as somebody reads.
func part(route string) string {
	if route == "" {
		return "nowhere"
	}
	for _, p := range parts {
		if strings.HasPrefix(route, p.prefix) {
			return p.name
		}
	}
	return "pages"
}

// headers are on every answer. A page loosens the content policy as far as it
// needs; nothing else is a page.
func headers(publicURL string) gin.HandlerFunc {
	https := strings.HasPrefix(publicURL, "https:")
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			h.Set("Cache-Control", "private, no-store")
		}
	}
}

// keep lets browsers and proxies keep for a minute what is the same for
// everybody: clients ask for it at each start.
func keep(r Route) []gin.HandlerFunc {
	if r.Method != http.MethodGet || r.Policy.kind != anyone || !strings.HasPrefix(r.Path, "/api/") {
		return nil
	}
	return []gin.HandlerFunc{func(c *gin.Context) { c.Header("Cache-Control", "public, max-age=60") }}
}

// barred refuses whoever comes from a network that an administrator has shut
// out, whatever they want and whoever they are.
func (w *Web) barred(c *gin.Context) {
	if w.Networks.Bars(c.ClientIP()) {
		fail(c, fault.New(fault.Forbidden, "Your network may not use this node"))
	}
}

// legible refuses addresses that are no text: no database takes them.
func legible(c *gin.Context) {
	query, err := url.QueryUnescape(c.Request.URL.RawQuery)
	all := c.Request.URL.Path + query
	if err != nil || !utf8.ValidString(all) || strings.ContainsRune(all, 0) {
		fail(c, fault.New(fault.BadRequest, "The address is not valid text"))
	}
}

// shared are the paths that pages of other origins may ask: client apps that
// run in a browser. They send a token and no cookie, so that any origin will
// do. A path that ends in a slash stands for all below it.
var shared = []string{"/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo/", "/media/", "/proxy/", "/avatars/", "/headers/"}

func isShared(path string) bool {
	return slices.ContainsFunc(shared, func(s string) bool {
		return path == s || strings.HasSuffix(s, "/") && strings.HasPrefix(path, s)
	})
}

// cors answers browsers that ask whether another origin may ask, and says so
// on every answer, errors too. Without Link exposed they stop at page one.
func cors(c *gin.Context) {
	if !isShared(c.Request.URL.Path) {
		return
	}
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh, Deprecation, WWW-Authenticate")
	if c.Request.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "86400")
	c.AbortWithStatus(http.StatusNoContent)
}
