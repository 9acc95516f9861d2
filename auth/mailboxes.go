package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// RefusalDays is for how many days it is told how often a block kept people
// out.
const RefusalDays = 7

// MailHash is what an address is known by that is blocked alone: the SHA-256 of
// it in small letters, without dots and what stands behind a plus in its first
// half, which most servers deliver to the same person.
func MailHash(address string) string {
	name, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	name, _, _ = strings.Cut(strings.ReplaceAll(name, ".", ""), "+")
	sum := sha256.Sum256([]byte(name + "@" + domain))
	return hex.EncodeToString(sum[:])
}

// above are the domain of an address and all above it.
func above(address string) []string {
	_, domain, _ := strings.Cut(address, "@")
	domain = mailDomain(domain)
	var all []string
	for more := domain != ""; more; _, domain, more = strings.Cut(domain, ".") {
		all = append(all, domain)
	}
	return all
}

// mailDomain is a domain as it is compared, empty for none.
func mailDomain(domain string) string {
	h, ok := text.ParseHandle("x@" + strings.TrimPrefix(strings.TrimSpace(domain), "@"))
	if !ok || strings.Contains(h.Host, ":") {
		return ""
	}
	return h.Host
}

// Welcomes refuses to make an account for whose address is blocked. Those who
// have one keep it, and who has no address cannot be told by it.
func (a *Auth) Welcomes(ctx context.Context, c Claims) error {
	if c.Email == "" {
		return nil
	}
	r := a.DB.With(ctx)
	single, err := r.CanonicalEmailBlocks(MailHash(c.Email))
	if err != nil {
		return err
	}
	domains, err := r.EmailDomainBlocks(above(c.Email))
	if err != nil || len(single) == 0 && len(domains) == 0 {
		return err
	}
	person := Hash(c.Issuer + "\n" + c.Subject)
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		for _, block := range domains {
			if err := tx.CountEmailRefusal(block.ID, person, RefusalDays); err != nil {
				return err
			}
		}
		return audit.Write(tx, audit.Act{Action: "account.create_refused", Subject: MailHash(c.Email), Detail: map[string]any{"issuer": c.Issuer, "subject": c.Subject}})
	})
	if err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "This node makes no account for your address of mail. If you think this is wrong, ask whoever runs it.")
}

// BlockMailDomain has nobody get an account whose address is in a domain or
// below it.
func (a *Auth) BlockMailDomain(ctx context.Context, by int64, domain string) (*store.EmailDomainBlock, error) {
	if domain = mailDomain(domain); domain == "" {
		return nil, fault.New(fault.Invalid, "Validation failed: Domain is not valid: write a domain such as example.org")
	}
	row := &store.EmailDomainBlock{ID: store.NewID(), Domain: domain, CreatedAt: store.Now()}
	return row, a.DB.Write(ctx, func(tx *store.Tx) error {
		same, err := tx.EmailDomainBlocks([]string{row.Domain})
		if err == nil && len(same) > 0 {
			err = fault.New(fault.Invalid, "Validation failed: Domain has already been taken")
		}
		if err != nil {
			return err
		}
		if err := store.SetBarrier(tx, row); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "mail_domain.block", Subject: row.Domain})
	})
}

// UnblockMailDomain ends that.
func (a *Auth) UnblockMailDomain(ctx context.Context, by, id int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		row, err := store.BarrierByID[store.EmailDomainBlock](tx.Reader, id)
		if err != nil {
			return err
		}
		if err := store.DropBarrier[store.EmailDomainBlock](tx, id); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "mail_domain.unblock", Subject: row.Domain})
	})
}

// BlockMailbox has nobody get an account whose address has the hash.
func (a *Auth) BlockMailbox(ctx context.Context, by int64, hash string) (*store.CanonicalEmailBlock, error) {
	hash = strings.ToLower(hash)
	if sum, err := hex.DecodeString(hash); err != nil || len(sum) != sha256.Size {
		return nil, fault.New(fault.Invalid, "Validation failed: Canonical email hash is no SHA-256: write 64 hexadecimal digits")
	}
	row := &store.CanonicalEmailBlock{ID: store.NewID(), Hash: hash, CreatedAt: store.Now()}
	return row, a.DB.Write(ctx, func(tx *store.Tx) error {
		same, err := tx.CanonicalEmailBlocks(hash)
		if err == nil && len(same) > 0 {
			err = fault.New(fault.Invalid, "Validation failed: Canonical email hash has already been taken")
		}
		if err != nil {
			return err
		}
		if err := store.SetBarrier(tx, row); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "mailbox.block", Subject: hash})
	})
}

// UnblockMailbox ends that.
func (a *Auth) UnblockMailbox(ctx context.Context, by, id int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		row, err := store.BarrierByID[store.CanonicalEmailBlock](tx.Reader, id)
		if err != nil {
			return err
		}
		if err := store.DropBarrier[store.CanonicalEmailBlock](tx, id); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "mailbox.unblock", Subject: row.Hash})
	})
}
