package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"parley/internal/audit"
	"parley/internal/store"
)

type auditCommand struct {
	List   auditListCommand `cmd:"" help:"Show what was done last: sign-ins, changes of roles and partners, deletions and the like."`
	Verify verifyCommand    `cmd:"" help:"Walk the audit trail and find lines that were changed, removed or moved."`
}

type auditListCommand struct {
	Last int `help:"How many lines." default:"50"`
}

func (c auditListCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		db := n.db.With(ctx)
		lines, err := db.AuditTrail(store.AuditQuery{Limit: c.Last})
		if err != nil {
			return err
		}
		slices.Reverse(lines)
		names, err := actedAs(db, lines)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "TIME\tACTION\tSUBJECT\tBY\tDETAIL")
		for _, line := range lines {
			by := cmp.Or(names[line.ActorID], "-")
			if line.ActedBy != 0 {
				by += " (" + cmp.Or(names[line.ActedBy], "-") + ")"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", stamp(line.CreatedAt), line.Action, line.Subject, by, line.Detail)
		}
		return w.Flush()
	})
}

// actedAs are the names of those who did what the lines say.
func actedAs(db store.Reader, lines []*store.AuditLine) (map[int64]string, error) {
	var ids []int64
	for _, line := range lines {
		ids = append(ids, line.ActorID, line.ActedBy)
	}
	actors, err := db.Actors(store.Unique(ids))
	names := map[int64]string{}
	for id, a := range actors {
		names[id] = a.Acct()
	}
	return names, err
}

type verifyCommand struct{}

func (verifyCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		lines, last, err := audit.Verify(n.db.With(ctx))
		if err != nil {
			return fmt.Errorf("the audit trail is broken: %w", err)
		}
		_, err = fmt.Fprintf(r.out, "The audit trail is whole: %d lines, last hash %s\n", lines, cmp.Or(last, "none"))
		return err
	})
}
