package mastodon

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/partners"
)

// adminDomainAllow is the entity Admin::DomainAllow.
type adminDomainAllow struct {
	ID        string `json:"id"`
	Domain    string `json:"domain"`
	CreatedAt string `json:"created_at"`
}

func domainAllowOf(p *store.Partner) adminDomainAllow {
	return adminDomainAllow{id(p.ID), p.Domain, moment(p.CreatedAt)}
}

// adminDomainBlock is the entity Admin::DomainBlock.
// https://docs.joinmastodon.org/entities/Admin_DomainBlock/
//
// The policies of partners are what a client calls blocks: limit is silence,
// block is suspend. A block refuses files and reports with all the rest, a
// limit neither. Nothing of it is published, so that there is no public comment
// and nothing to obfuscate.
type adminDomainBlock struct {
	ID             string  `json:"id"`
	Domain         string  `json:"domain"`
	Digest         string  `json:"digest"`
	CreatedAt      string  `json:"created_at"`
	Severity       string  `json:"severity"`
	RejectMedia    bool    `json:"reject_media"`
	RejectReports  bool    `json:"reject_reports"`
	PrivateComment *string `json:"private_comment"`
	PublicComment  *string `json:"public_comment"`
	Obfuscate      bool    `json:"obfuscate"`
}

// severities are the policies by the names that clients have for them.
var severities = map[string]partners.Policy{"silence": partners.Limit, "suspend": partners.Block}

func domainBlockOf(p *store.Partner) adminDomainBlock {
	digest, blocked := sha256.Sum256([]byte(p.Domain)), p.Policy == string(partners.Block)
	e := adminDomainBlock{ID: id(p.ID), Domain: p.Domain, Digest: hex.EncodeToString(digest[:]), CreatedAt: moment(p.CreatedAt), Severity: "silence",
		RejectMedia: blocked, RejectReports: blocked, PrivateComment: optional(p.Comment)}
	if blocked {
		e.Severity = "suspend"
	}
	return e
}

// allows and blocks are the policies that each list is about.
var (
	allows = []string{string(partners.Allow)}
	blocks = []string{string(partners.Limit), string(partners.Block)}
)

// DomainAllows answers with the domains that may federate.
func (a *API) DomainAllows(c *gin.Context) error { return listDomains(a, c, allows, domainAllowOf) }

// AdminDomainBlocks answers with the domains that may not, or not all.
func (a *API) AdminDomainBlocks(c *gin.Context) error {
	return listDomains(a, c, blocks, domainBlockOf)
}

func listDomains[E any](a *API, c *gin.Context, policies []string, entity func(*store.Partner) E) error {
	page := pageOf(c, adminLimits)
	rows, err := a.reader(c).PartnersUnder(policies, page)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, each(rows, entity))
}

// partner is the policy in the path, if it is one that the list is about.
func (a *API) partner(c *gin.Context, policies []string) (*store.Partner, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	row, err := a.reader(c).PartnerByID(id)
	if fault.Is(err, fault.NotFound) || err == nil && !slices.Contains(policies, row.Policy) {
		return nil, errNotFound
	}
	return row, err
}

// DomainAllow answers with the one in the path.
func (a *API) DomainAllow(c *gin.Context) error {
	row, err := a.partner(c, allows)
	if err != nil {
		return err
	}
	return answer(c, domainAllowOf(row))
}

// AllowDomain has a domain federate, also one that was blocked.
func (a *API) AllowDomain(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	row, err := a.Partners.Entry(contextOf(c), p.text("domain"))
	if err == nil && row.Policy == string(partners.Allow) {
		return answer(c, domainAllowOf(row))
	}
	if row, err = a.decide(c, partners.Entry{Domain: p.text("domain"), Policy: partners.Allow}); err != nil {
		return err
	}
	return answer(c, domainAllowOf(row))
}

// decide puts a domain under a policy and gives what is stored of it.
func (a *API) decide(c *gin.Context, e partners.Entry) (*store.Partner, error) {
	if err := a.Partners.Decide(contextOf(c), viewer(c), e); err != nil {
		return nil, err
	}
	return a.Partners.Entry(contextOf(c), e.Domain)
}

// DisallowDomain leaves the domain in the path to what the mode says.
func (a *API) DisallowDomain(c *gin.Context) error {
	row, err := a.partner(c, allows)
	if err != nil {
		return err
	}
	if err := a.Partners.Remove(contextOf(c), viewer(c), row.Domain); err != nil {
		return err
	}
	return answer(c, domainAllowOf(row))
}

// AdminDomainBlock answers with the one in the path.
func (a *API) AdminDomainBlock(c *gin.Context) error {
	row, err := a.partner(c, blocks)
	if err != nil {
		return err
	}
	return answer(c, domainBlockOf(row))
}

// CreateDomainBlock limits a domain or blocks it. One that is limited or
// blocked already is not touched: the answer says what stands.
func (a *API) CreateDomainBlock(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	policy, err := severity(p, partners.Limit)
	if err != nil {
		return err
	}
	row, err := a.Partners.Entry(contextOf(c), p.text("domain"))
	if err == nil && slices.Contains(blocks, row.Policy) {
		return answerStatus(c, http.StatusUnprocessableEntity, map[string]any{
			"error": "Validation failed: Domain has already been taken", "existing_domain_block": domainBlockOf(row),
		})
	}
	if row, err = a.decide(c, partners.Entry{Domain: p.text("domain"), Policy: policy, Comment: p.given("private_comment")}); err != nil {
		return err
	}
	return answer(c, domainBlockOf(row))
}

// UpdateDomainBlock changes the one in the path, as far as it is named.
func (a *API) UpdateDomainBlock(c *gin.Context) error {
	row, err := a.partner(c, blocks)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	policy, err := severity(p, partners.Policy(row.Policy))
	if err != nil {
		return err
	}
	switch comment := p.given("private_comment"); {
	case policy != partners.Policy(row.Policy):
		err = a.Partners.Decide(contextOf(c), viewer(c), partners.Entry{Domain: row.Domain, Policy: policy, Comment: comment})
	case comment != nil:
		err = a.Partners.Describe(contextOf(c), viewer(c), row.Domain, *comment)
	}
	if err != nil {
		return err
	}
	return a.AdminDomainBlock(c)
}

// DeleteDomainBlock leaves the domain in the path to what the mode says.
func (a *API) DeleteDomainBlock(c *gin.Context) error {
	row, err := a.partner(c, blocks)
	if err != nil {
		return err
	}
	if err := a.Partners.Remove(contextOf(c), viewer(c), row.Domain); err != nil {
		return err
	}
	return done(c)
}

// severity reads the policy that is wanted and refuses what would have no
// effect: the answer is never that something holds which does not.
func severity(p *params, usual partners.Policy) (partners.Policy, error) {
	policy := usual
	if word := p.text("severity"); word != "" {
		policy = severities[word]
	}
	refuse := func(what string) (partners.Policy, error) {
		return "", fault.New(fault.Invalid, "Validation failed: "+what)
	}
	switch {
	case p.text("severity") == "noop":
		return refuse("Severity noop does nothing here: silence or suspend the domain")
	case policy == "":
		return refuse("Severity is not included in the list")
	case policy == partners.Limit && (p.yes("reject_media") || p.yes("reject_reports")):
		return refuse("Files and reports are rejected with all the rest: suspend the domain")
	case p.text("public_comment") != "":
		return refuse("Public comment: nothing about partners is published here. Write a private comment")
	case p.yes("obfuscate"):
		return refuse("Obfuscate: nothing about partners is published here")
	}
	return policy, nil
}
