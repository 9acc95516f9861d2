package mastodon

import "github.com/gin-gonic/gin"

// Annual reports are a pastime of Mastodon's own. A node answers as one does
// that has switched them off: there are none, and nobody can have one.
// https://docs.joinmastodon.org/methods/annual_reports/

// AnnualReports answers that there are none.
func (a *API) AnnualReports(c *gin.Context) error {
	none := []struct{}{}
	return answer(c, map[string]any{"annual_reports": none, "accounts": none, "statuses": none})
}

// AnnualReport answers that there is none of that year.
func (a *API) AnnualReport(*gin.Context) error { return errNotFound }

// AnnualReportState answers that none will be made.
func (a *API) AnnualReportState(c *gin.Context) error {
	return answer(c, map[string]string{"state": "ineligible"})
}
