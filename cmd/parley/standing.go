package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"parley/internal/fault"
	"parley/internal/store"
)

// anybody is the account that a command names: one of ours, or with @domain
// somebody whom this node has met.
func (n *node) anybody(ctx context.Context, name string) (*store.Actor, error) {
	name, domain, remote := strings.Cut(strings.TrimPrefix(name, "@"), "@")
	if !remote || domain == n.actors.Domain {
		return n.local(ctx, name)
	}
	actor, err := n.db.With(ctx).ActorByHandle(name, domain)
	if fault.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("nobody here has met %s@%s", name, domain)
	}
	return actor, err
}

type signOutCommand struct {
	Name string `arg:"" help:"User name."`
}

func (c signOutCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		return n.auth.EndAccess(ctx, 0, actor.ID)
	})
}

type closeCommand struct {
	Name string `arg:"" help:"User name."`
}

func (c closeCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		return n.actors.Close(ctx, 0, actor.ID)
	})
}

type successorCommand struct {
	Name   string `arg:"" help:"User name."`
	Handle string `arg:"" optional:"" help:"Who answers in its place: a user name, or name@domain."`
	None   bool   `help:"Nobody does."`
}

func (c successorCommand) Run(r *run) error {
	if (c.Handle == "") != c.None {
		return errors.New("say who answers in its place, or --none")
	}
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		next, err := n.actors.SetSuccessor(ctx, 0, actor.ID, c.Handle)
		if err != nil || c.None {
			return err
		}
		_, err = fmt.Fprintf(r.out, "@%s answers in place of @%s while that account is closed.\n", next.Acct(), actor.Username)
		return err
	})
}

type disableCommand struct {
	Name string `arg:"" help:"User name, or name@domain."`
}

func (c disableCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.anybody(ctx, c.Name)
		if err != nil {
			return err
		}
		return n.actors.Disable(ctx, 0, actor.ID)
	})
}

type enableCommand struct {
	Name string `arg:"" help:"User name, or name@domain."`
}

func (c enableCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.anybody(ctx, c.Name)
		if err != nil {
			return err
		}
		return n.actors.Enable(ctx, 0, actor.ID)
	})
}

type limitAccount struct {
	Name string `arg:"" help:"User name, or name@domain."`
	Undo bool   `help:"Let it in again."`
}

func (c limitAccount) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.anybody(ctx, c.Name)
		if err != nil {
			return err
		}
		return n.actors.Limit(ctx, 0, actor.ID, !c.Undo)
	})
}

type deleteCommand struct {
	Name string `arg:"" help:"User name."`
	Yes  bool   `help:"Say that it is meant: there is no way back."`
}

func (c deleteCommand) Run(r *run) error {
	if !c.Yes {
		return errors.New("there is no way back from this: add --yes if it is meant")
	}
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := n.actors.Delete(ctx, 0, actor.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "@%s is deleted. What it said stays on record until the rules of retention let it go.\n", actor.Username)
		return err
	})
}

type aliasCommand struct {
	Name  string `arg:"" help:"User name."`
	Act   string `arg:"" help:"add or remove." enum:"add,remove"`
	Other string `arg:"" help:"The other account, name@domain or its URI."`
}

func (c aliasCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		_, err = n.outbox.SetAlias(ctx, 0, actor.ID, c.Other, c.Act == "add")
		return err
	})
}

type moveCommand struct {
	Name   string `arg:"" help:"User name."`
	Target string `arg:"" optional:"" help:"Where it goes, name@domain or a URI. That account has to name this one as an alias."`
	Undo   bool   `help:"Let it act here again."`
}

func (c moveCommand) Run(r *run) error {
	if (c.Target == "") != c.Undo {
		return errors.New("say where the account goes, or --undo")
	}
	return r.with(func(ctx context.Context, n *node) error {
		actor, err := n.local(ctx, c.Name)
		if err != nil {
			return err
		}
		if c.Undo {
			return n.outbox.Return(ctx, 0, actor.ID)
		}
		target, err := n.outbox.Move(ctx, 0, actor.ID, c.Target)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "@%s has moved to @%s: its followers are told.\n", actor.Username, target.Acct())
		return err
	})
}

type restoreCommand struct {
	Domain string `arg:"" help:"Domain."`
}

func (c restoreCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		found, err := n.partners.Restore(ctx, 0, c.Domain)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "Follows of %d blocks are taken up again.\n", found)
		return err
	})
}

type reportCommand struct {
	List reportsCommand `cmd:"" help:"List the reports, newest first."`
}

type reportsCommand struct {
	Settled bool  `help:"Those that were settled, not those that wait."`
	Below   int64 `help:"Only reports with an id below this one." placeholder:"ID"`
	Limit   int   `help:"How many." default:"50"`
}

func (c reportsCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		db := n.db.With(ctx)
		rows, err := db.Reports(store.ReportQuery{Settled: c.Settled}, store.Page{Max: c.Below, Limit: c.Limit})
		if err != nil {
			return err
		}
		var ids, people []int64
		for _, row := range rows {
			ids, people = append(ids, row.ID), append(people, row.ReporterID, row.TargetID, row.AssignedID)
		}
		actors, err := db.Actors(people)
		if err != nil {
			return err
		}
		posts, err := db.ReportPosts(ids)
		if err != nil {
			return err
		}
		name := func(id int64) string {
			if a := actors[id]; a != nil {
				return a.Acct()
			}
			return "-"
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tABOUT\tBY\tCATEGORY\tPOSTS\tASSIGNED\tSINCE\tCOMMENT")
		for _, row := range rows {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%.60q\n", row.ID, name(row.TargetID), name(row.ReporterID), row.Category, len(posts[row.ID]),
				name(row.AssignedID), row.CreatedAt.Time().Format(time.RFC3339), row.Comment)
		}
		return w.Flush()
	})
}
