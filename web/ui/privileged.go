package ui

import (
	"strings"

	"parley/auth"
)

// section is one of the owner's pages.
type section struct {
	Path, Label string
	needs       auth.Permission
	Current     bool
}

// sections are the owner's pages, in their order.
var sections = []section{
	{Path: "/owner", Label: "Accounts", needs: auth.SeeAccounts},
	{Path: "/owner/partners", Label: "Partners", needs: auth.SeeFederation},
	{Path: "/owner/deliveries", Label: "Deliveries", needs: auth.SeeFederation},
	{Path: "/owner/identity", Label: "Identity", needs: auth.SeeIdentity},
	{Path: "/owner/integrations", Label: "Integrations", needs: auth.ManageIntegrations},
	{Path: "/owner/health", Label: "Health", needs: auth.SeeMeasures},
	{Path: "/owner/audit", Label: "Audit", needs: auth.SeeAudit},
	{Path: "/owner/about", Label: "About", needs: auth.ManageNode},
	{Path: "/owner/announcements", Label: "Announcements", needs: auth.ManageNode},
	{Path: "/owner/emoji", Label: "Emoji", needs: auth.ManageNode},
}

// below is how the paths of what belongs to a section begin.
func (s section) below() string {
	if s.Path == "/owner" {
		return "/owner/accounts/"
	}
	return s.Path + "/"
}

// May reports whether the reader has a permission, for what a page offers. The
// front door checks it again.
func (p Page) May(permission auth.Permission) bool { return p.powers.May(permission) }

// Sections are the owner's pages that the reader may see.
func (p Page) Sections() []section {
	var list []section
	for _, s := range sections {
		if p.May(s.needs) {
			s.Current = s.Path == p.path || strings.HasPrefix(p.path, s.below())
			list = append(list, s)
		}
	}
	return list
}
