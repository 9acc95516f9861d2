package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/health"
)

// seen answers parley check what came of its request on the way. For everybody
// else there is nothing here.
func (w *Web) seen(c *gin.Context) {
	switch err := w.Health.Expects(c.Request.Context(), c.Query("token")); {
	case fault.Is(err, fault.NotFound):
		notFound(c)
	case err != nil:
		fail(c, err)
	default:
		r := c.Request
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, health.Seen{
			Host: r.Host, Address: c.ClientIP(), Peer: r.RemoteAddr, Forwarded: strings.Join(r.Header.Values("X-Forwarded-For"), ", "),
			WebSocket: strings.EqualFold(r.Header.Get("Upgrade"), "websocket"),
		})
	}
}
