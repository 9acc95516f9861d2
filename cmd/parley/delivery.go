package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"parley/internal/store"
)

type deliveryCommand struct {
	List  deliveriesCommand `cmd:"" help:"List deliveries that wait or were given up, newest first."`
	Retry retryCommand      `cmd:"" help:"Try again, now: one delivery, or all that were given up."`
}

type deliveriesCommand struct {
	State string `help:"pending or dead." default:"pending" enum:"pending,dead"`
	Host  string `help:"Only those to this host." placeholder:"HOST"`
	Below int64  `help:"Only those below this ID, to read on." placeholder:"ID"`
	Limit int    `help:"How many." default:"100"`
}

func (c deliveriesCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		rows, err := n.db.With(ctx).Queue(c.State, c.Host, store.Page{Max: c.Below, Limit: c.Limit})
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tHOST\tKIND\tMADE\tATTEMPTS\tNEXT\tSTATUS\tERROR")
		for _, d := range rows {
			next := ""
			if d.State == "pending" {
				next = stamp(d.NextAt)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%d\t%s\n", d.ID, d.Host, d.Kind, stamp(d.CreatedAt), d.Attempts, next, d.LastStatus, d.LastError)
		}
		return w.Flush()
	})
}

func stamp(t store.Time) string {
	if t == 0 {
		return "-"
	}
	return t.Time().Format(time.RFC3339)
}

type retryCommand struct {
	ID   int64  `arg:"" optional:"" help:"Of one delivery, as parley delivery list shows it."`
	Host string `help:"All that were given up for this host." placeholder:"HOST"`
	All  bool   `help:"All that were given up."`
}

// Validate sees to it that exactly one thing is asked for.
func (c retryCommand) Validate() error {
	said := 0
	for _, is := range []bool{c.ID != 0, c.Host != "", c.All} {
		if is {
			said++
		}
	}
	if said != 1 {
		return errors.New("say which: an ID, --host HOST or --all")
	}
	return nil
}

func (c retryCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		if c.ID != 0 {
			if err := n.outbox.Retry(ctx, 0, c.ID); err != nil {
				return fmt.Errorf("delivery %s: %w", strconv.FormatInt(c.ID, 10), err)
			}
			_, err := fmt.Fprintln(r.out, "It is tried by the node that runs.")
			return err
		}
		total, err := n.outbox.RetryDead(ctx, 0, c.Host)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "%d deliveries are tried by the node that runs.\n", total)
		return err
	})
}

type hostCommand struct {
	List hostsCommand `cmd:"" help:"List the hosts that do not take what this node sends."`
}

type hostsCommand struct{}

func (hostsCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "HOST\tSTATE\tSINCE\tFAILURES\tLAST SUCCESS\tNEXT PROBE\tERROR")
		const page = 200
		for after, more := "", true; more; {
			rows, err := n.db.With(ctx).TroubledHosts(after, page)
			if err != nil {
				return err
			}
			for _, h := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", h.Host, h.State, stamp(h.FailingSince), h.Failures, stamp(h.LastSuccessAt), stamp(h.NextProbeAt), h.LastError)
				after = h.Host
			}
			more = len(rows) == page
		}
		return w.Flush()
	})
}
