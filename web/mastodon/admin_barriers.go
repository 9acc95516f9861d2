package mastodon

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// adminIPBlock is the entity Admin::IpBlock. Nobody signs up here, so that the
// one severity is no_access: nobody comes in from the network at all.
type adminIPBlock struct {
	ID        string  `json:"id"`
	IP        string  `json:"ip"`
	Severity  string  `json:"severity"`
	Comment   string  `json:"comment"`
	CreatedAt string  `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
}

const noAccess = "no_access"

func ipBlockOf(_ store.Reader, rows []*store.IPBlock) ([]adminIPBlock, error) {
	return each(rows, func(b *store.IPBlock) adminIPBlock {
		return adminIPBlock{id(b.ID), b.Network, noAccess, b.Comment, moment(b.CreatedAt), optionalMoment(b.ExpiresAt)}
	}), nil
}

// adminEmailDomainBlock is the entity Admin::EmailDomainBlock. Its history
// tells of those whom it kept from getting an account.
type adminEmailDomainBlock struct {
	ID        string   `json:"id"`
	Domain    string   `json:"domain"`
	CreatedAt string   `json:"created_at"`
	History   []tagDay `json:"history"`
}

func emailDomainBlockOf(r store.Reader, rows []*store.EmailDomainBlock) ([]adminEmailDomainBlock, error) {
	today := store.Today()
	refused, err := r.EmailRefusals(each(rows, func(b *store.EmailDomainBlock) int64 { return b.ID }), today-historyDays+1)
	return each(rows, func(b *store.EmailDomainBlock) adminEmailDomainBlock {
		days := each(refused[b.ID], func(f store.Refusals) store.TagDay { return store.TagDay{Day: f.Day, Uses: f.Uses, Accounts: f.People} })
		return adminEmailDomainBlock{id(b.ID), b.Domain, moment(b.CreatedAt), history(days, today)}
	}), err
}

// adminCanonicalEmailBlock is the entity Admin::CanonicalEmailBlock.
type adminCanonicalEmailBlock struct {
	ID   string `json:"id"`
	Hash string `json:"canonical_email_hash"`
}

func canonicalEmailBlockOf(_ store.Reader, rows []*store.CanonicalEmailBlock) ([]adminCanonicalEmailBlock, error) {
	return each(rows, func(b *store.CanonicalEmailBlock) adminCanonicalEmailBlock {
		return adminCanonicalEmailBlock{id(b.ID), b.Hash}
	}), nil
}

// listBarriers answers with what keeps people out, of one kind.
func listBarriers[B store.Barrier, E any](a *API, c *gin.Context, key func(*B) int64, entities func(store.Reader, []*B) ([]E, error)) error {
	r, page := a.reader(c), pageOf(c, adminLimits)
	rows, err := store.Barriers[B](r, page)
	if err != nil {
		return err
	}
	all, err := entities(r, rows)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, key(rows[0]), key(rows[n-1]))
	}
	return answer(c, all)
}

// barrierRow is the one in the path.
func barrierRow[B store.Barrier](a *API, c *gin.Context) (*B, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	return store.BarrierByID[B](a.reader(c), id)
}

// showBarrier answers with one, unless an error stands in the way.
func showBarrier[B store.Barrier, E any](a *API, c *gin.Context, row *B, err error, entities func(store.Reader, []*B) ([]E, error)) error {
	if err != nil {
		return err
	}
	all, err := entities(a.reader(c), []*B{row})
	if err != nil {
		return err
	}
	return answer(c, all[0])
}

// dropped answers once the one in the path is ended.
func (a *API) dropped(c *gin.Context, drop func(id int64) error) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := drop(id); err != nil {
		return err
	}
	return done(c)
}

// IPBlocks answers with the networks from which nobody comes in.
func (a *API) IPBlocks(c *gin.Context) error {
	return listBarriers(a, c, func(b *store.IPBlock) int64 { return b.ID }, ipBlockOf)
}

// IPBlock answers with the one in the path.
func (a *API) IPBlock(c *gin.Context) error {
	row, err := barrierRow[store.IPBlock](a, c)
	return showBarrier(a, c, row, err, ipBlockOf)
}

// CreateIPBlock has nobody come in from a network.
func (a *API) CreateIPBlock(c *gin.Context) error { return a.saveIPBlock(c, &store.IPBlock{}) }

// UpdateIPBlock changes the one in the path, as far as it is named.
func (a *API) UpdateIPBlock(c *gin.Context) error {
	row, err := barrierRow[store.IPBlock](a, c)
	if err != nil {
		return err
	}
	return a.saveIPBlock(c, row)
}

func (a *API) saveIPBlock(c *gin.Context, before *store.IPBlock) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	b := auth.NetworkBlock{ID: before.ID, Comment: before.Comment, Until: before.ExpiresAt, From: c.ClientIP()}
	network := before.Network
	if p.has("ip") {
		network = p.text("ip")
	}
	if b.Network, err = networkOf(network); err != nil {
		return err
	}
	if word := p.text("severity"); word != noAccess && (word != "" || before.ID == 0) {
		return fault.New(fault.Invalid, "Validation failed: Severity must be no_access: nobody signs up here, so that there is nothing less to refuse")
	}
	if p.has("comment") {
		b.Comment = p.text("comment")
	}
	if p.has("expires_in") {
		if b.Until, err = expiry(p.text("expires_in")); err != nil {
			return err
		}
	}
	row, err := a.Networks.Block(contextOf(c), viewer(c), b)
	return showBarrier(a, c, row, err, ipBlockOf)
}

// expiry is when so many seconds are over, and never for none.
func expiry(seconds string) (store.Time, error) {
	if seconds == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(seconds, 10, 32)
	if err != nil || n < 1 {
		return 0, fault.New(fault.Invalid, "Validation failed: Expires in must be a number of seconds")
	}
	return store.Now().Add(time.Duration(n) * time.Second), nil
}

// DeleteIPBlock lets people in from the network in the path again.
func (a *API) DeleteIPBlock(c *gin.Context) error {
	return a.dropped(c, func(id int64) error { return a.Networks.Unblock(contextOf(c), viewer(c), id) })
}

// EmailDomainBlocks answers with the domains whose addresses get no account.
func (a *API) EmailDomainBlocks(c *gin.Context) error {
	return listBarriers(a, c, func(b *store.EmailDomainBlock) int64 { return b.ID }, emailDomainBlockOf)
}

// EmailDomainBlock answers with the one in the path.
func (a *API) EmailDomainBlock(c *gin.Context) error {
	row, err := barrierRow[store.EmailDomainBlock](a, c)
	return showBarrier(a, c, row, err, emailDomainBlockOf)
}

// CreateEmailDomainBlock has nobody get an account with an address there.
func (a *API) CreateEmailDomainBlock(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if p.yes("allow_with_approval") {
		return fault.New(fault.Invalid, "Validation failed: Allow with approval: nobody waits for approval here")
	}
	row, err := a.Auth.BlockMailDomain(contextOf(c), viewer(c), p.text("domain"))
	return showBarrier(a, c, row, err, emailDomainBlockOf)
}

// DeleteEmailDomainBlock ends the one in the path.
func (a *API) DeleteEmailDomainBlock(c *gin.Context) error {
	return a.dropped(c, func(id int64) error { return a.Auth.UnblockMailDomain(contextOf(c), viewer(c), id) })
}

// CanonicalEmailBlocks answers with the addresses that get no account.
func (a *API) CanonicalEmailBlocks(c *gin.Context) error {
	return listBarriers(a, c, func(b *store.CanonicalEmailBlock) int64 { return b.ID }, canonicalEmailBlockOf)
}

// CanonicalEmailBlock answers with the one in the path.
func (a *API) CanonicalEmailBlock(c *gin.Context) error {
	row, err := barrierRow[store.CanonicalEmailBlock](a, c)
	return showBarrier(a, c, row, err, canonicalEmailBlockOf)
}

// CreateCanonicalEmailBlock has nobody get an account with an address, or with
// one of which only the hash is told.
func (a *API) CreateCanonicalEmailBlock(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	hash := p.text("canonical_email_hash")
	if address := p.text("email"); address != "" {
		hash = auth.MailHash(address)
	}
	row, err := a.Auth.BlockMailbox(contextOf(c), viewer(c), hash)
	return showBarrier(a, c, row, err, canonicalEmailBlockOf)
}

// TestCanonicalEmail answers with the blocks that hold for an address.
func (a *API) TestCanonicalEmail(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if p.text("email") == "" {
		return fault.New(fault.Invalid, "Validation failed: Email can't be blank")
	}
	rows, err := a.reader(c).CanonicalEmailBlocks(auth.MailHash(p.text("email")))
	if err != nil {
		return err
	}
	all, err := canonicalEmailBlockOf(a.reader(c), rows)
	if err != nil {
		return err
	}
	return answer(c, all)
}

// DeleteCanonicalEmailBlock ends the one in the path.
func (a *API) DeleteCanonicalEmailBlock(c *gin.Context) error {
	return a.dropped(c, func(id int64) error { return a.Auth.UnblockMailbox(contextOf(c), viewer(c), id) })
}
