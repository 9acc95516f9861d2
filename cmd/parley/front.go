package main

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
)

func (n *node) front(ctx context.Context, dev http.Handler) (http.Handler, func()) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.ContextWithFallback = true
	e.Use(func(c *gin.Context) {
		c.Next()
		if len(c.Errors) > 0 && !c.Writer.Written() {
			err := c.Errors.Last().Err
			n.log.Info("request failed", "path", c.Request.URL.Path, "error", err)
			c.JSON(int(fault.Of(err)), gin.H{"error": fault.Message(err)})
		}
	})
	for _, r := range n.auth.Routes() {
		e.Handle(r.Method, r.Path, r.Handler)
	}
	e.GET("/actors/:id", n.actors.ServeActor)
	e.GET("/actors/:id/followers", n.actors.ServeFollowers)
	e.GET("/actors/:id/following", n.actors.ServeFollowing)
	e.GET("/actors/:id/outbox", n.outbox.ServeOutbox)
	e.GET("/actors/:id/featured", n.outbox.ServeFeatured)
	e.GET("/posts/:id", n.outbox.ServePost)
	e.GET("/.well-known/webfinger", n.actors.ServeWebFinger)
	e.POST("/inbox", n.inbox.Serve)
	e.POST("/actors/:id/inbox", n.inbox.Serve)
	if dev != nil {
		e.Any("/dev-idp/*any", gin.WrapH(dev))
	}
	return e, func() {}
}
