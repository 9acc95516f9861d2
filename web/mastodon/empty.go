package mastodon

import (
	"github.com/gin-gonic/gin"
)

// Empty are the lists that clients ask for at start and that have nothing in
// them on this version, by path, with the scope that reading them takes. Each
// is taken out of here when it becomes real.
var Empty = map[string]string{
	"/api/v1/trends":          "read",
	"/api/v1/trends/statuses": "read",
	"/api/v1/trends/tags":     "read",
}

// None answers with an empty list.
func (a *API) None(c *gin.Context) error { return answer(c, []struct{}{}) }
