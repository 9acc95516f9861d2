package inbox

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/telemetry"
)

// maxBody bounds an activity, in bytes.
const maxBody = 1 << 20

// Serve takes a POST to the shared inbox or to somebody's own, [AP] 7.
func (i *Inbox) Serve(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err != nil {
		kind, message := fault.BadRequest, "The activity could not be read"
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			kind, message = fault.TooLarge, "An activity has at most 1 MiB"
		}
		_ = c.Error(fault.Wrap(kind, err, message))
		return
	}
	if kind := c.GetHeader("Content-Type"); !federation.IsActivityType(kind) && c.ContentType() != "application/json" {
		_ = c.Error(fault.New(fault.BadRequest, "Send application/activity+json"))
		return
	}
	err = i.Receive(c.Request.Context(), c.Request, body)
	telemetry.Arrival(err)
	if err != nil {
		_ = c.Error(err)
		return
	}
	c.JSON(http.StatusAccepted, struct{}{})
}
