package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/queue"
	"parley/internal/store"
)

// Place is where a backup is restored to.
type Place struct {
	Database  string // URL of an empty database
	Files     *media.Store
	PublicURL string
}

// Restored is what was done.
type Restored struct {
	*Manifest
	Missing []string // files that are not in the backup, nor in the bucket where they should be
	Missed  int      // scheduled posts whose time has passed since the backup: their authors decide
}

// missed is said to the author of a scheduled post that may have been published by the node
// that was lost: nothing is sent a second time under another id.
const missed = "The node was restored from a backup that is older than this time: see whether it was published before"

// Restore makes a node from a backup. Everything is checked before anything is
// written, and the database comes last.
func Restore(ctx context.Context, dir string, to Place) (*Restored, error) {
	m, err := Verify(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := fits(ctx, m, to); err != nil {
		return nil, err
	}
	done := &Restored{Manifest: m}
	for _, file := range m.Media {
		if err := done.bring(ctx, dir, to.Files, file); err != nil {
			return nil, fmt.Errorf("restore the file %s: %w", file.Name, err)
		}
	}
	return done, store.Refill(ctx, store.Refilled{URL: to.Database, Dir: filepath.Join(dir, databaseDir), Steps: m.Steps, Queue: queue.Migrate, Finish: done.finish})
}

// fits refuses a backup that does not belong here, and a database that is in use.
func fits(ctx context.Context, m *Manifest, to Place) error {
	if err := store.Known(m.Steps); err != nil {
		return err
	}
	if kind := store.KindOf(to.Database); kind != m.Kind {
		return fault.New(fault.Conflict, fmt.Sprintf("The backup is of a database of the kind %s, and database.url names one of the kind %s: restore it to its own kind", m.Kind, kind))
	}
	if to.PublicURL != m.PublicURL {
		return fault.New(fault.Conflict, fmt.Sprintf("The backup is of the node %s, and public_url says %s. A node keeps its name: restore it with the settings that it had", m.PublicURL, to.PublicURL))
	}
	return store.Vacant(ctx, to.Database)
}

// bring puts a file back, or sees that it is where it was.
func (d *Restored) bring(ctx context.Context, dir string, files *media.Store, file File) error {
	if d.Elsewhere {
		there, err := files.Open(ctx, file.Name)
		if fault.Is(err, fault.NotFound) {
			d.Missing = append(d.Missing, file.Name)
			return nil
		}
		if err != nil {
			return err
		}
		return there.Close()
	}
	from, err := os.Open(filepath.Join(dir, mediaDir, file.Name))
	if err != nil {
		return err
	}
	return errors.Join(files.Put(ctx, file.Name, from, file.Size), from.Close())
}

// finish checks that the audit trail ends where it did, and writes down what happened.
func (d *Restored) finish(tx *store.Tx) error {
	if now := trailOf(tx.Reader); now != d.Audit {
		return fault.New(fault.Conflict, fmt.Sprintf("The audit trail is not the one that was backed up: it has %d lines and ends in %s, and the manifest says %d and %s",
			now.Lines, now.Last, d.Audit.Lines, d.Audit.Last))
	}
	var err error
	if d.Missed, err = tx.MissSchedules(store.Now(), missed); err != nil {
		return err
	}
	return audit.Write(tx, audit.Act{Action: "node.restore", Subject: d.PublicURL,
		Detail: map[string]any{"made_at": d.MadeAt, "program": d.Program, "lines": d.Audit.Lines, "last_hash": d.Audit.Last}})
}
