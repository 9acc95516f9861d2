package ui

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/health"
)

// OwnerHealth is the body of the page that says how the node is.
type OwnerHealth struct {
	Well   bool
	At     time.Time
	Checks []ViewCheck
}

// ViewCheck is something that was looked at.
type ViewCheck struct {
	Name, Says, Do string
	Well, Failing  bool
}

// OwnerHealthPage says how the node is, in words.
func (u *UI) OwnerHealthPage(c *gin.Context) error {
	report := u.Health.Report(c.Request.Context())
	body := OwnerHealth{Well: report.State == health.Well, At: report.At}
	for _, check := range report.Checks {
		body.Checks = append(body.Checks, ViewCheck{Name: strings.ToUpper(check.Name[:1]) + check.Name[1:], Says: check.Says, Do: check.Do,
			Well: check.State == health.Well, Failing: check.State == health.Failing})
	}
	return u.show(c, "owner_health", "Health", "owner", body)
}
