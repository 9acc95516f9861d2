package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"parley/actors"
	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// with opens the configured node for a command, which may run beside a node
// that serves.
func (r *run) with(act func(context.Context, *node) error) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	n, err := open(r.ctx, cfg, slog.New(slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: slog.LevelWarn})), roles{})
	if err != nil {
		return err
	}
	err = act(r.ctx, n)
	return cmp.Or(err, n.close())
}

type migrateCommand struct{}

func (migrateCommand) Run(r *run) error {
	return r.with(func(context.Context, *node) error {
		_, err := fmt.Fprintln(r.out, "The database is up to date.")
		return err
	})
}

type accountCommand struct {
	Create  createCommand  `cmd:"" help:"Make an account."`
	Token   tokenCommand   `cmd:"" help:"Make an access token for an account, and print only that."`
	List    listCommand    `cmd:"" help:"List the accounts."`
	SignOut signOutCommand `cmd:"" help:"End every session and token of an account. It may sign in again."`
	Close   closeCommand   `cmd:"" help:"End the access of somebody who has left. What was said stays to be seen."`
	Disable disableCommand `cmd:"" help:"Suspend an account, ours or name@domain: its sessions and tokens end at once, its record stays."`
	Enable  enableCommand  `cmd:"" help:"Let a suspended or closed account back in."`
	Role    roleCommand    `cmd:"" help:"Say what an account may do beyond speaking for itself."`
	Rename  renameCommand  `cmd:"" help:"Give an account another name. The old one keeps leading to it."`

	Alias  aliasCommand  `cmd:"" help:"Say which other accounts are the same person's, so that they may move their followers here."`
	Move   moveCommand   `cmd:"" help:"Send the followers of an account to another of the same person, or undo that."`
	Limit  limitAccount  `cmd:"" help:"Keep an account, here or elsewhere, out of public timelines, or let it in again."`
	Delete deleteCommand `cmd:"" help:"End an account for good. Its name is never given again, its record stays."`

	RotateKeys rotateKeysCommand      `cmd:"" help:"Give an account new signing keys, where the old ones may be known to somebody."`
	Identity   accountIdentityCommand `cmd:"" help:"See and change by which identities a person signs in."`

	Successor successorCommand `cmd:"" help:"Say who answers in place of an account that is closed."`

	Link linkCommand `cmd:"" help:"Print a link that signs an account in, once, for when the identity provider is down."`
}

type createCommand struct {
	Name        string `arg:"" help:"User name."`
	Email       string `required:"" help:"E-mail address." placeholder:"ADDRESS"`
	DisplayName string `help:"Name as people read it." placeholder:"TEXT"`
	Role        string `help:"owner, admin, moderator, compliance, auditor or member." default:"member" enum:"owner,admin,moderator,compliance,auditor,member"`
}

func (c createCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		account, err := n.actors.Create(ctx, actors.Newcomer{Username: c.Name, DisplayName: c.DisplayName, Email: c.Email, Role: c.Role, Exact: true})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "Made @%s@%s (%s).\n", account.Actor.Username, n.actors.Domain, account.User.Role)
		return err
	})
}

// local is the account that a command names.
func (n *node) local(ctx context.Context, name string) (*store.Actor, error) {
	actor, err := n.db.With(ctx).ActorByHandle(strings.TrimPrefix(name, "@"), "")
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil, fmt.Errorf("there is no account %s: see parley account list", name)
		}
		return nil, err
	}
	return actor, nil
}

type tokenCommand struct {
	Name   string `arg:"" help:"User name."`
	Scopes string `help:"What the token may do, separated by spaces." default:"read write follow push"`
}

func (c tokenCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		scopes, err := auth.ParseScopes(c.Scopes)
		if err != nil {
			return err
		}
		token, err := n.auth.IssueToken(ctx, 0, actor.ID, scopes)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(r.out, token)
		return err
	})
}

type listCommand struct{}

func (listCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		accounts, err := n.db.With(ctx).Accounts()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tROLE\tSTATE\tE-MAIL\tPOSTS\tLAST SIGN-IN")
		for _, a := range accounts {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", a.Actor.Username, a.User.Role, a.Actor.Lifecycle, a.User.Email, a.Actor.StatusesCount, moment(a.User.SignedInAt))
		}
		return w.Flush()
	})
}

type roleCommand struct {
	Name        string `arg:"" help:"User name."`
	Role        string `arg:"" help:"owner, admin, moderator, compliance, auditor or member." enum:"owner,admin,moderator,compliance,auditor,member"`
	Permissions string `help:"Permissions beyond those of the role, such as 'federation.see federation.manage'. Without this there are none." placeholder:"NAMES"`
}

func (c roleCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		extra, err := auth.ParsePermissions(c.Permissions)
		if err != nil {
			return err
		}
		return n.actors.SetPowers(ctx, 0, actor.ID, c.Role, auth.Powers{Extra: extra}.Names())
	})
}

type renameCommand struct {
	Name string `arg:"" help:"User name."`
	New  string `arg:"" help:"New user name."`
}

func (c renameCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		renamed, err := n.actors.Rename(ctx, 0, actor.ID, c.New)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "@%s is now @%s.\n", c.Name, renamed.Username)
		return err
	})
}

type rotateKeysCommand struct {
	Name string `arg:"" help:"User name."`
}

func (c rotateKeysCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := n.outbox.RotateKeys(ctx, 0, actor.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "@%s signs with new keys from now on. Other nodes learn of them as they hear of the account.\n", actor.Username)
		return err
	})
}

type linkCommand struct {
	Name string `arg:"" help:"User name."`
}

func (c linkCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		link, err := n.auth.SignInLink(ctx, 0, actor.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(r.out, link)
		return err
	})
}

type partnerCommand struct {
	List  partnersCommand `cmd:"" help:"List the policies."`
	Allow allowCommand    `cmd:"" help:"Talk to a domain, or with *. to all below it."`
	Block blockCommand    `cmd:"" help:"Never talk to a domain."`
	Limit limitCommand    `cmd:"" help:"Talk to a domain, but keep it out of public timelines."`

	Restore restoreCommand `cmd:"" help:"Take up again the follows that ended when a domain was blocked, now that it is not."`
}

type partnersCommand struct{}

func (partnersCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		rows, err := n.db.With(ctx).Partners()
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "DOMAIN\tPOLICY\tSINCE")
		for _, p := range rows {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.Domain, p.Policy, p.UpdatedAt.Time().Format(time.RFC3339))
		}
		return w.Flush()
	})
}

type allowCommand struct {
	Domain string `arg:"" help:"Domain."`
}

func (c allowCommand) Run(r *run) error { return r.setPartner(c.Domain, "allow") }

type blockCommand struct {
	Domain string `arg:"" help:"Domain."`
}

func (c blockCommand) Run(r *run) error { return r.setPartner(c.Domain, "block") }

type limitCommand struct {
	Domain string `arg:"" help:"Domain."`
}

func (c limitCommand) Run(r *run) error { return r.setPartner(c.Domain, "limit") }

func (r *run) setPartner(domain, policy string) error {
	return r.with(func(ctx context.Context, n *node) error { return n.partners.Set(ctx, 0, domain, policy) })
}
