package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"parley/auth"
	"parley/internal/config"
	"parley/internal/store"
)

type identityCommand struct {
	Check  checkProviderCommand `cmd:"" help:"Test the identity providers of the settings: whether each answers, its keys, whether it knows this node."`
	DryRun dryRunCommand        `cmd:"" help:"Tell whom other rules would change, and change nobody."`
}

type dryRunCommand struct {
	Settings string `arg:"" optional:"" help:"Settings file whose rules are tried. Without one, those in force: what the next sign-ins would change." placeholder:"NEW.toml"`
}

func (c dryRunCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		settings := n.cfg
		if c.Settings != "" {
			var err error
			if settings, err = config.Load(c.Settings, os.Environ()); err != nil {
				return err
			}
		}
		tried, err := providers(settings)
		if err != nil {
			return err
		}
		for _, p := range tried {
			changes, err := n.auth.DryRun(ctx, p, p.Policy)
			if err != nil {
				return err
			}
			if err := tellChanges(r.out, p.Name, changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellChanges says in words what would change, and of each account.
func tellChanges(out io.Writer, provider string, changes []auth.Change) error {
	fmt.Fprintf(out, "%s: %s.\n", provider, auth.Summary(changes))
	if len(changes) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSUBJECT\tBEFORE\tAFTER\tBECAUSE OF")
	for _, c := range changes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Actor.Username, c.Subject, c.Before, c.Result(), c.Why())
	}
	return w.Flush()
}

type checkProviderCommand struct {
	Provider string `arg:"" optional:"" help:"The provider's name in the settings. Without one, all."`
}

// Run fails where something is not as it should be, so that scripts can tell.
func (c checkProviderCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		found, bad := 0, 0
		for _, p := range n.auth.Providers {
			if c.Provider != "" && n.auth.Provider(c.Provider) != p {
				continue
			}
			found++
			fmt.Fprintln(r.out, p.Name)
			for _, f := range n.auth.Check(ctx, p) {
				mark := "ok    "
				if !f.Good {
					mark, bad = "look  ", bad+1
				}
				fmt.Fprintf(r.out, "  %s%s: %s\n", mark, f.What, f.Said)
			}
		}
		switch {
		case found == 0:
			return errors.New("the settings name no such identity provider: see [[oidc]] there")
		case bad > 0:
			return fmt.Errorf("things to look at: %d", bad)
		}
		return nil
	})
}

type accountIdentityCommand struct {
	List   identitiesCommand `cmd:"" help:"List by which identities a person signs in."`
	Link   linkIdentity      `cmd:"" help:"Have a person of a provider sign in to the account."`
	Unlink unlinkIdentity    `cmd:"" help:"Take that back, and end the access there is."`
}

type identitiesCommand struct {
	Name string `arg:"" help:"User name."`
}

func (c identitiesCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		all, err := n.db.With(ctx).IdentitiesOf(actor.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ISSUER\tSUBJECT\tSINCE")
		for _, i := range all {
			fmt.Fprintf(w, "%s\t%s\t%s\n", i.Issuer, i.Subject, moment(i.CreatedAt))
		}
		return w.Flush()
	})
}

// identified is a person of a provider, and an account.
type identified struct {
	Name     string `arg:"" help:"User name."`
	Provider string `required:"" help:"The provider's name in the settings." placeholder:"NAME"`
	Subject  string `required:"" help:"The sub by which the provider knows the person." placeholder:"SUB"`
}

func (c identified) with(r *run, act func(context.Context, *node, *store.Actor, *auth.Provider) error) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		p := n.auth.Provider(c.Provider)
		if p == nil {
			return fmt.Errorf("there is no provider %s: write its name as the settings have it", c.Provider)
		}
		return act(ctx, n, actor, p)
	})
}

type linkIdentity struct{ identified }

func (c linkIdentity) Run(r *run) error {
	return c.with(r, func(ctx context.Context, n *node, actor *store.Actor, p *auth.Provider) error {
		if err := n.auth.LinkIdentity(ctx, 0, actor.ID, p, c.Subject); err != nil {
			return err
		}
		_, err := fmt.Fprintf(r.out, "%s of %s signs in to @%s from now on.\n", c.Subject, p.Name, actor.Username)
		return err
	})
}

type unlinkIdentity struct{ identified }

func (c unlinkIdentity) Run(r *run) error {
	return c.with(r, func(ctx context.Context, n *node, actor *store.Actor, p *auth.Provider) error {
		last, err := n.auth.UnlinkIdentity(ctx, 0, actor.ID, p, c.Subject)
		if err != nil {
			return err
		}
		fmt.Fprintf(r.out, "%s of %s does not sign in to @%s any more, and is signed out.\n", c.Subject, p.Name, actor.Username)
		if last {
			fmt.Fprintln(r.out, "Nobody can sign in to it now: link another identity, or close the account.")
		}
		return nil
	})
}
