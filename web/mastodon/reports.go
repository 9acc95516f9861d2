package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/outbox"
)

// Report takes a report about an account, and answers with it.
func (a *API) Report(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if p.id("account_id") == 0 {
		return fault.New(fault.NotFound, "Record not found")
	}
	row, err := a.Outbox.Report(contextOf(c), viewer(c), outbox.Complaint{
		TargetID: p.id("account_id"), PostIDs: p.ids("status_ids"), Comment: p.text("comment"), Category: p.text("category"), RuleIDs: p.texts("rule_ids"),
		Forward: p.yes("forward"), Domains: p.texts("forward_to_domains"),
	})
	if err != nil {
		return err
	}
	found, err := a.reports(a.reader(c), viewer(c), []int64{row.ID})
	if err != nil {
		return err
	}
	return answer(c, found[row.ID])
}

// DomainBlocks answers with the domains that the viewer blocks.
func (a *API) DomainBlocks(c *gin.Context) error {
	page := pageOf(c, domainLimits)
	rows, err := a.reader(c).DomainBlocks(viewer(c), page)
	if err != nil {
		return err
	}
	domains := make([]string, 0, len(rows))
	for _, row := range rows {
		domains = append(domains, row.Domain)
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].Key, rows[n-1].Key)
	}
	return answer(c, domains)
}

var domainLimits = limits{100, 200}

// BlockDomain keeps a domain away from the viewer.
func (a *API) BlockDomain(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.BlockDomain(contextOf(c), viewer(c), p.text("domain")); err != nil {
		return err
	}
	return done(c)
}

// UnblockDomain ends that.
func (a *API) UnblockDomain(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := a.Outbox.UnblockDomain(contextOf(c), viewer(c), p.text("domain")); err != nil {
		return err
	}
	return done(c)
}

// PreviewDomainBlock answers with how many follows a block would end.
func (a *API) PreviewDomainBlock(c *gin.Context) error {
	followers, following, err := a.reader(c).DomainFollows(viewer(c), c.Query("domain"))
	if err != nil {
		return err
	}
	return answer(c, map[string]int64{"followers_count": followers, "following_count": following})
}
