package outbox

import (
	"context"

	"parley/federation"
	"parley/internal/store"
)

// Delete takes back a post of the author, or inside its hold makes it never
// have been. It gives the post as it was. Its files can hang on another.
func (o *Outbox) Delete(ctx context.Context, author, id int64) (*store.Post, error) {
	return o.delete(ctx, author, id, func(*store.Tx, *store.Post, []*store.Media) error { return nil })
}

// DeleteWithFiles is Delete where no other post can have the files. Those of a
// post that was published stay with it for evidence.
func (o *Outbox) DeleteWithFiles(ctx context.Context, author, id int64) (*store.Post, error) {
	return o.delete(ctx, author, id, func(tx *store.Tx, p *store.Post, files []*store.Media) error {
		if p.HeldUntil == 0 {
			if err := tx.KeepShown(p.ID); err != nil {
				return err
			}
			return tx.KeepFiles(p.ID)
		}
		for _, m := range files {
			if _, err := tx.DropMedia(m); err != nil {
				return err
			}
			if err := o.clear(ctx, tx, m.Files()...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *Outbox) delete(ctx context.Context, author, id int64, then func(*store.Tx, *store.Post, []*store.Media) error) (p *store.Post, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockPost(id); err != nil {
			return err
		}
		if p, err = o.own(tx.Reader, author, id); err != nil {
			return err
		}
		files, err := tx.PostMedia([]int64{id})
		if err != nil {
			return err
		}
		if err := o.withdraw(ctx, tx, p); err != nil {
			return err
		}
		return then(tx, p, files[id])
	})
	return p, err
}

// withdraw deletes a post that is locked.
func (o *Outbox) withdraw(ctx context.Context, tx *store.Tx, p *store.Post) error {
	if err := o.Notify.Deleted(tx, p); err != nil {
		return err
	}
	if p.HeldUntil != 0 {
		return tx.EraseHeldPost(p)
	}
	return o.retract(ctx, tx, p)
}

func (o *Outbox) retract(ctx context.Context, tx *store.Tx, p *store.Post) error {
	author, mentioned, inboxes, err := o.reach(tx.Reader, p)
	if err != nil {
		return err
	}
	if err := tx.TombstonePost(p); err != nil {
		return err
	}
	if err := o.withhold(ctx, tx, p.ID); err != nil {
		return err
	}
	to, cc := audience(author, p.Visibility, uris(mentioned))
	return o.publish(ctx, tx, author, p.URI, federation.Activity{ID: p.URI + "/delete", Type: "Delete", Actor: author.URI, To: to, Cc: cc,
		Object: federation.Tombstone{ID: p.URI, Type: "Tombstone", FormerType: p.Kind}}, inboxes)
}
