package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// fail ends a request with an error.
func fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
}

// errors turns what went wrong further in into an answer, be it an error or a
// panic. It is the only place that does.
func (w *Web) errors(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			w.Log.ErrorContext(c.Request.Context(), "panic", "path", c.Request.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			w.answer(c, fault.New(fault.Internal, "Something went wrong on our side"))
		}
	}()
	c.Next()
	if last := c.Errors.Last(); last != nil {
		w.answer(c, last.Err)
	}
}

// answer writes an error for a program to read. What a reader is not shown of
// it is in the log.
func (w *Web) answer(c *gin.Context, err error) {
	c.Abort()
	if c.Writer.Written() {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		return // nobody is there to read it
	}
	err = store.Excused(err)
	kind, message := fault.Of(err), fault.Message(err)
	switch kind {
	case fault.Internal:
		w.Log.ErrorContext(c.Request.Context(), "request failed", "method", c.Request.Method, "path", c.Request.URL.Path, "error", err)
	case fault.Unauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="parley"`) // RFC 6750 3
	case fault.Unavailable:
		w.Log.WarnContext(c.Request.Context(), "request failed", "method", c.Request.Method, "path", c.Request.URL.Path, "error", err)
		c.Header("Retry-After", "5")
	}
	h := c.Writer.Header()
	h.Del("Content-Length")
	h.Del("Link")
	h.Set("Cache-Control", "private, no-store")
	if forPerson(c.Request) {
		w.UI.Fail(c, err)
		return
	}
	c.JSON(int(kind), map[string]string{"error": message})
}

// forPerson reports whether a person reads the answer, in a browser.
func forPerson(r *http.Request) bool {
	return !isShared(r.URL.Path) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

func notFound(c *gin.Context) { fail(c, fault.New(fault.NotFound, "Not Found")) }

func notAllowed(c *gin.Context) {
	fail(c, fault.New(fault.Kind(http.StatusMethodNotAllowed), "Method Not Allowed"))
}
