package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"parley/actors"
	"parley/auth"
	"parley/internal/store"
)

type sharedCommand struct {
	Create sharedCreateCommand `cmd:"" help:"Make a shared account."`
	Add    sharedAddCommand    `cmd:"" help:"Let a person act as it."`
	Remove sharedRemoveCommand `cmd:"" help:"End that, with the sessions and apps that the person has of it."`
	List   sharedListCommand   `cmd:"" help:"List the shared accounts and who acts as them."`
}

type sharedCreateCommand struct {
	Name        string `arg:"" help:"User name."`
	DisplayName string `help:"Name as people read it." placeholder:"TEXT"`
}

func (c sharedCreateCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		account, err := n.actors.Create(ctx, actors.Newcomer{Kind: store.SharedKind, Username: c.Name, DisplayName: c.DisplayName, Role: string(auth.Member), Exact: true})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "Made @%s@%s. Let people act as it with parley shared add.\n", account.Actor.Username, n.actors.Domain)
		return err
	})
}

type sharedAddCommand struct {
	Name   string `arg:"" help:"User name of the shared account."`
	Person string `arg:"" help:"User name of the person."`
}

func (c sharedAddCommand) Run(r *run) error {
	return r.member(c.Name, c.Person, (*actors.Actors).AddMember)
}

type sharedRemoveCommand struct {
	Name   string `arg:"" help:"User name of the shared account."`
	Person string `arg:"" help:"User name of the person."`
}

func (c sharedRemoveCommand) Run(r *run) error {
	return r.member(c.Name, c.Person, (*actors.Actors).RemoveMember)
}

func (r *run) member(name, person string, change func(*actors.Actors, context.Context, int64, int64, int64) error) error {
	return r.with(func(ctx context.Context, n *node) error {
		account, err := n.local(ctx, name)
		if err != nil {
			return err
		}
		who, err := n.local(ctx, person)
		if err != nil {
			return err
		}
		return change(n.actors, ctx, 0, account.ID, who.ID)
	})
}

type sharedListCommand struct{}

func (sharedListCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		shared, err := n.db.With(ctx).SharedAccounts()
		if err != nil {
			return err
		}
		ids := make([]int64, len(shared))
		for i, a := range shared {
			ids[i] = a.ID
		}
		members, err := n.db.With(ctx).SharedMembers(ids)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tPOSTS\tMEMBERS")
		for _, a := range shared {
			names, err := n.names(ctx, members[a.ID])
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", a.Username, a.Lifecycle, a.StatusesCount, strings.Join(names, ", "))
		}
		return w.Flush()
	})
}

func (n *node) names(ctx context.Context, members []store.Membership) ([]string, error) {
	var names []string
	for _, m := range members {
		person, err := n.db.With(ctx).Actor(m.PersonID)
		if err != nil {
			return nil, err
		}
		names = append(names, person.Username)
	}
	return names, nil
}
