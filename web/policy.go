package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
)

// Policy says who may come in by a route. The zero Policy says nothing, and a
// route with it does not start.
type Policy struct {
	kind   kind
	scopes []string
	needs  auth.Permission
}

type kind int

const (
	unstated kind = iota
	anyone
	inside
	viewer
	app
	person
	streamer
	visitor
	session
	privileged
	admin
)

// Anyone may come in; who it is does not matter.
var Anyone = Policy{kind: anyone}

// Inside is for routes whose room checks by itself: a signature, a client's
// secret, a sign-in on its way.
var Inside = Policy{kind: inside}

// Viewer lets anybody in. A token that is sent must be live and have one of
// the scopes; what is answered depends on whose it is.
func Viewer(scopes ...string) Policy { return Policy{kind: viewer, scopes: scopes} }

// App lets in every live token, an app's own too.
var App = Policy{kind: app}

// Person lets in tokens of a person that have one of the scopes.
func Person(scopes ...string) Policy { return Policy{kind: person, scopes: scopes} }

// Streamer is Person for streams: browsers cannot send a header with a
// WebSocket, so that the token may stand in its subprotocol or the query.
func Streamer(scopes ...string) Policy { return Policy{kind: streamer, scopes: scopes} }

// Visitor lets any browser in and tells who is signed in.
var Visitor = Policy{kind: visitor}

// Session lets in browsers that are signed in.
var Session = Policy{kind: session}

// Privileged lets in browsers of people who have the permission, and signed in of
// late.
func Privileged(needs auth.Permission) Policy { return Policy{kind: privileged, needs: needs} }

// Admin lets in tokens of a person that have the scope, as long as the person
// has the permission: what counts is who that is at this moment, whatever it was
// when the token was given. Where the node's owner asks for that, a scope that
// writes also needs a sign-in of late.
func Admin(scope string, needs auth.Permission) Policy {
	return Policy{kind: admin, scopes: []string{scope}, needs: needs}
}

// enforce is the check of a policy.
func (w *Web) enforce(p Policy) []gin.HandlerFunc {
	switch p.kind {
	case anyone, inside:
		return nil
	case viewer:
		return []gin.HandlerFunc{w.Auth.Optional(p.scopes...)}
	case app:
		return []gin.HandlerFunc{w.Auth.RequireToken()}
	case person:
		return []gin.HandlerFunc{w.Auth.Require(p.scopes...)}
	case streamer:
		return []gin.HandlerFunc{streamToken, w.Auth.Require(p.scopes...)}
	case visitor:
		return []gin.HandlerFunc{sameSite, w.Auth.OptionalSession()}
	case session:
		return []gin.HandlerFunc{sameSite, w.Auth.RequireSession()}
	case privileged:
		return []gin.HandlerFunc{sameSite, w.Auth.RequireSession(), may(p.needs, "Your role does not allow this"), w.Auth.RequireProof()}
	case admin:
		checks := []gin.HandlerFunc{w.Auth.Require(p.scopes...), may(p.needs, "This action is not allowed")}
		if strings.HasPrefix(p.scopes[0], "admin:write") {
			checks = append(checks, w.Auth.RequireAdminProof())
		}
		return checks
	}
	panic("web: a route states no policy")
}

// streamToken puts a stream's token where other requests have it.
func streamToken(c *gin.Context) {
	h := c.Request.Header
	if h.Get("Authorization") != "" {
		return
	}
	token, _, _ := strings.Cut(h.Get("Sec-WebSocket-Protocol"), ",")
	if token = strings.TrimSpace(token); token == "" {
		token = c.Query("access_token")
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
}

var crossOrigin = http.NewCrossOriginProtection()

// sameSite refuses writes that another site's page began: the cookie comes
// with those too.
func sameSite(c *gin.Context) {
	if err := crossOrigin.Check(c.Request); err != nil {
		fail(c, fault.Wrap(fault.Forbidden, err, "This request came from another site, so it was not carried out"))
	}
}

func may(permission auth.Permission, refusal string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.IsAborted() {
			return
		}
		if !auth.WhoIs(c.Request.Context()).May(permission) {
			fail(c, fault.New(fault.Forbidden, refusal))
		}
	}
}

// Scopes are those of which a token needs one, nil where none is needed.
func (p Policy) Scopes() []string { return p.scopes }

// Needs is the permission that somebody has to have, empty where none is needed.
func (p Policy) Needs() auth.Permission { return p.needs }

// Open reports whether somebody without a token may come in.
func (p Policy) Open() bool {
	return p.kind == anyone || p.kind == inside || p.kind == viewer || p.kind == visitor
}

// harmless reports whether a HEAD may do what a GET does: it opens no stream
// and uses nothing up.
func (p Policy) harmless() bool { return p.kind == anyone || p.kind == visitor }
