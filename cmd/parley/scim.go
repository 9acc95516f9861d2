package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"parley/internal/store"
)

type scimCommand struct {
	Token  scimTokenCommand  `cmd:"" help:"Make a token for the directory of an identity provider, and print only that."`
	List   scimListCommand   `cmd:"" help:"List the tokens."`
	Revoke scimRevokeCommand `cmd:"" help:"End a token at once."`
}

type scimTokenCommand struct {
	Provider string    `arg:"" help:"The provider's name in the settings."`
	Name     string    `help:"What the audit trail calls the token." default:"directory"`
	Expires  time.Time `help:"The day from which on it is worth nothing, such as 2027-12-31. Without one it stays good: who leaves a day after it ended would keep access." format:"2006-01-02" placeholder:"DAY"`
}

func (c scimTokenCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		token, err := n.scim.IssueToken(ctx, 0, c.Provider, c.Name, store.TimeOf(c.Expires))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(r.out, token)
		return err
	})
}

type scimListCommand struct{}

func (scimListCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		tokens, err := n.db.With(ctx).SCIMTokens()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tPROVIDER\tNAME\tMADE\tLAST USED\tEXPIRES")
		for _, t := range tokens {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", t.ID, n.auth.ProviderName(t.Issuer), t.Name, moment(t.CreatedAt), moment(t.UsedAt), moment(t.ExpiresAt))
		}
		return w.Flush()
	})
}

// moment is a time as the lists of commands have it.
func moment(t store.Time) string {
	if t == 0 {
		return "never"
	}
	return t.Time().Format(time.RFC3339)
}

type scimRevokeCommand struct {
	ID int64 `arg:"" help:"The token's id, from parley scim list."`
}

func (c scimRevokeCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error { return n.scim.RevokeToken(ctx, 0, c.ID) })
}
