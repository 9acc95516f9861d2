package inbox

import (
	"context"
	"slices"

	"parley/federation"
	"parley/internal/store"
)

// edit applies what a newer document says; an older one never wins.
func (i *Inbox) edit(ctx context.Context, tx *store.Tx, sender *store.Actor, p *store.Post, o *federation.Object) error {
	shown, err := tx.PostMedia([]int64{p.ID})
	if err != nil {
		return err
	}
	files := mediaOf(sender, o)
	same := says(p, o) && sameFiles(shown[p.ID], files)
	at := store.TimeOf(o.Updated)
	if at == 0 {
		if same {
			// At most the counts of a poll moved, see recount, or what is quoted
			// was looked at.
			return i.quotes(ctx, tx, sender, p, o, 0)
		}
		at = store.Now()
	}
	if at <= max(p.EditedAt, p.PublishedAt) {
		return nil
	}
	p.EditedAt, p.URL = min(at, store.Now()), pageOf(o)
	if err := i.revise(tx, sender, p, o, shown[p.ID], files); err != nil {
		return err
	}
	if err := i.Cards.Want(ctx, tx, p); err != nil {
		return err
	}
	return i.quotes(ctx, tx, sender, p, o, 0)
}

// revise stores an edited post and tells whom it names now and did not before.
func (i *Inbox) revise(tx *store.Tx, sender *store.Actor, p *store.Post, o *federation.Object, shown, files []*store.Media) error {
	mentioned, err := tx.ActorsByURI(named(sender, o))
	if err != nil {
		return err
	}
	before, err := tx.PostMentions([]int64{p.ID})
	if err != nil {
		return err
	}
	rows, here := mentionsOf(sender, o, mentioned)
	if err := tx.EditPost(p, shown, rows, keepFiles(shown, files)); err != nil {
		return err
	}
	for _, reader := range here {
		if slices.ContainsFunc(before[p.ID], func(m store.Mention) bool { return m.ActorID == reader }) {
			continue
		}
		if err := i.Notify.Tell(tx, reader, "mention", sender.ID, p.ID); err != nil {
			return err
		}
	}
	return i.Notify.Edited(tx, p)
}

// sameFile reports whether two rows show the same file in the same way.
func sameFile(a, b *store.Media) bool {
	return a.RemoteURL == b.RemoteURL && a.Description == b.Description && a.FocusX == b.FocusX && a.FocusY == b.FocusY && a.Blurhash == b.Blurhash
}

func sameFiles(a, b []*store.Media) bool { return slices.EqualFunc(a, b, sameFile) }

// keepFiles takes the rows that there are for the files that stay as they were.
func keepFiles(shown, files []*store.Media) []*store.Media {
	kept := slices.Clone(files)
	for n, file := range files {
		if at := slices.IndexFunc(shown, func(m *store.Media) bool { return sameFile(m, file) }); at >= 0 {
			kept[n] = shown[at]
		}
	}
	return kept
}
