package web

import (
	"strings"

	"github.com/gin-gonic/gin"

	"parley/federation"
	"parley/internal/fault"
)

// media answers with a file that somebody uploaded here. Who is suspended or
// gone has none to show, whoever was told their names.
func (w *Web) media(c *gin.Context) {
	file := strings.TrimPrefix(c.Param("path"), "/")
	withheld, err := w.API.Read.With(c.Request.Context()).Withheld(file)
	if err == nil && withheld {
		err = fault.New(fault.NotFound, "There is no such file")
	}
	if err == nil {
		err = w.Files.Serve(c.Writer, c.Request, file)
	}
	if err != nil {
		fail(c, err)
	}
}

// proxy answers with a copy of a file of another node. A host that was blocked
// after the address was given out is not asked any more, and what its people
// showed is not shown.
func (w *Web) proxy(c *gin.Context) {
	file, err := w.Remote.Parse(c.Param("signature"), c.Param("file"))
	if err != nil {
		fail(c, err)
		return
	}
	if host := federation.HostOf(file.URL); host == "" || w.Partners.Bars(host) || w.Partners.Admits(federation.HostOf(file.Owner)) != nil {
		fail(c, fault.New(fault.NotFound, "There is no such file"))
		return
	}
	if err := w.Remote.Serve(c.Writer, c.Request, file); err != nil {
		fail(c, err)
	}
}
