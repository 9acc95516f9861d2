package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"parley/internal/backup"
	"parley/internal/store"
)

type backupCommand struct {
	Make   makeBackupCommand   `cmd:"" default:"withargs" help:"Copy the database and the uploaded files into a new folder, while the node serves. The settings are not in it."`
	Verify verifyBackupCommand `cmd:"" help:"Read a whole backup and see that it is as it was written."`
}

type makeBackupCommand struct {
	Folder  string `arg:"" help:"A folder that is new or empty."`
	Objects bool   `help:"Also copy the files that lie in a bucket (media.s3). Without it only their names and sizes are kept."`
}

func (c makeBackupCommand) Run(r *run) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	// The database is left at the version that it has: see backup.Make.
	if err := store.Exists(cfg.Database.URL); err != nil {
		return err
	}
	db, err := store.Open(r.ctx, cfg.Database.URL)
	if err != nil {
		return err
	}
	files, err := uploads(cfg)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	m, err := backup.Make(r.ctx, backup.Node{DB: db, Files: files, Program: version, PublicURL: cfg.PublicURL,
		Elsewhere: cfg.Media.S3.Endpoint != "" && !c.Objects}, c.Folder)
	if err := cmp.Or(err, files.Close(), db.Close()); err != nil {
		return err
	}
	return r.describe(c.Folder, m)
}

type verifyBackupCommand struct {
	Folder string `arg:"" help:"The folder of the backup."`
}

func (c verifyBackupCommand) Run(r *run) error {
	m, err := backup.Verify(r.ctx, c.Folder)
	if err != nil {
		return err
	}
	return r.describe(c.Folder, m)
}

// describe prints what a backup is.
func (r *run) describe(dir string, m *backup.Manifest) error {
	where := ""
	if m.Elsewhere {
		where = ", which are in their bucket and not in the backup"
	}
	fmt.Fprintf(r.out, "The backup in %s is whole: %s by Parley %s, %s, step %d, %.1f MB.\n", dir, m.MadeAt.Format("2006-01-02 15:04:05 MST"), m.Program, m.Kind,
		m.Steps[len(m.Steps)-1], float64(m.Size())/1e6)
	fmt.Fprintf(r.out, "It has %d uploaded files%s; %d that are named were deleted.\n", len(m.Media), where, len(m.Absent))
	if m.Audit.Problem != "" {
		fmt.Fprintf(r.err, "The audit trail in it is broken: %s\n", m.Audit.Problem)
	}
	_, err := fmt.Fprintf(r.out, "Its audit trail has %d lines, last hash %s\n", m.Audit.Lines, cmp.Or(m.Audit.Last, "none"))
	return err
}

type restoreNodeCommand struct {
	Folder string `arg:"" help:"The folder of the backup."`
}

func (c restoreNodeCommand) Run(r *run) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	files, err := uploads(cfg)
	if err != nil {
		return err
	}
	done, err := backup.Restore(r.ctx, c.Folder, backup.Place{Database: cfg.Database.URL, Files: files, PublicURL: cfg.PublicURL})
	if err := cmp.Or(err, files.Close()); err != nil {
		return err
	}
	if err := r.describe(c.Folder, done.Manifest); err != nil {
		return err
	}
	if len(done.Missing) > 0 {
		fmt.Fprintf(r.err, "%d files are neither in the backup nor in the bucket: %s\n", len(done.Missing), strings.Join(some(done.Missing), ", "))
	}
	if done.Missed > 0 {
		fmt.Fprintf(r.out, "%d scheduled posts were due since then: they wait for their authors to decide, as they may have been published.\n", done.Missed)
	}
	_, err = fmt.Fprintln(r.out, "It is restored. Start the node with parley serve.")
	return err
}

// some is the beginning of a long list.
func some(list []string) []string {
	const enough = 20
	if len(list) > enough {
		return append(list[:enough:enough], "...")
	}
	return list
}
