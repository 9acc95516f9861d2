package auth

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// How old a proof of who somebody is may be for what only some may do: to open a
// page, and to send what was filled in on it meanwhile.
const (
	proofToOpen = 30 * time.Minute
	proofToSend = time.Hour
)

// proofAge is how old a proof may be that was asked for anew, give or take the
// clocks of two machines.
const proofAge = 5 * time.Minute

// stale reports whether the provider says that the proof is an old one.
func stale(c Claims) bool {
	return !c.AuthTime.IsZero() && time.Since(c.AuthTime) > proofAge
}

// RequireProof lets in browsers whose person has signed in of late, as far as the
// provider says when that was, and has the others do so. It comes after
// RequireSession.
func (a *Auth) RequireProof() gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.IsAborted() {
			return
		}
		open := c.Request.Method == http.MethodGet
		age := proofToSend
		if open {
			age = proofToOpen
		}
		if store.Now() <= WhoIs(c.Request.Context()).ProvedAt.Add(age) {
			return
		}
		if open {
			again := url.Values{"fresh": {"1"}, "return_to": {c.Request.URL.RequestURI()}}
			c.Redirect(http.StatusFound, "/auth/sign_in?"+again.Encode())
		} else {
			a.fail(c.Writer, c.Request, fault.New(fault.Unauthorized, "You signed in too long ago for this. Sign in again in another tab, come back to this one and send it once more."))
		}
		c.Abort()
	}
}
