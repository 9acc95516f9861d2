package outbox

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of collections, as Mastodon has them.
const (
	MaxCollections           = 10 // of a person
	MaxCollectionItems       = 25
	MaxCollectionName        = 40
	MaxCollectionDescription = 100
)

// ByFollowers is the policy of who approves followers: those may recommend him.
const ByFollowers = "followers"

// Featurable is who may put one of ours into a collection: everybody, where
// they want to be found. Who approves followers has approved those.
func Featurable(a *store.Actor) string {
	switch {
	case !a.Discoverable, a.Lifecycle != store.Active:
		return ""
	case a.Locked:
		return ByFollowers
	}
	return "public"
}

var notYours = fault.New(fault.Forbidden, "This action is not allowed")

// CreateCollection makes a collection of the actor's with some accounts in it.
func (o *Outbox) CreateCollection(ctx context.Context, actor int64, c *store.Collection, accounts []int64) error {
	if err := checkCollection(c); err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		// Two requests at once do not both make the last.
		if err := tx.Alone(fmt.Sprint("collections of ", actor)); err != nil {
			return err
		}
		n, err := tx.CountCollections(actor)
		if err != nil {
			return err
		}
		if n >= MaxCollections {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d collections", MaxCollections))
		}
		c.ID, c.ActorID = 0, actor // the transaction may run twice
		if err := tx.SaveCollection(c); err != nil {
			return err
		}
		for _, account := range accounts {
			if _, err := o.addToCollection(tx, c, account); err != nil {
				return err
			}
		}
		return nil
	})
}

// ChangeCollection has change rewrite one of the actor's collections, and tells
// who is in it where it says something else of them.
func (o *Outbox) ChangeCollection(ctx context.Context, actor, id int64, change func(*store.Collection)) (c *store.Collection, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if c, err = ownCollection(tx, actor, id); err != nil {
			return err
		}
		before := *c
		change(c)
		if err := checkCollection(c); err != nil {
			return err
		}
		if err := tx.SaveCollection(c); err != nil {
			return err
		}
		if c.Name == before.Name && c.Description == before.Description && c.Tag == before.Tag && c.Sensitive == before.Sensitive {
			return nil
		}
		recommended, err := tx.Recommended(id)
		for _, reader := range recommended {
			if err := o.Notify.TellOf(tx, reader, "collection_update", actor, id); err != nil {
				return err
			}
		}
		return err
	})
	return c, err
}

func checkCollection(c *store.Collection) error {
	c.Name, c.Description, c.Tag = strings.TrimSpace(c.Name), strings.TrimSpace(c.Description), strings.TrimLeft(strings.TrimSpace(c.Tag), "#＃")
	switch {
	case c.Name == "":
		return fault.New(fault.Invalid, "Validation failed: Name can't be blank")
	case utf8.RuneCountInString(c.Name) > MaxCollectionName:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Name is too long (maximum is %d characters)", MaxCollectionName))
	case utf8.RuneCountInString(c.Description) > MaxCollectionDescription:
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Description is too long (maximum is %d characters)", MaxCollectionDescription))
	case c.Language != "" && !language.MatchString(c.Language):
		return fault.New(fault.Invalid, "Validation failed: Language is not an ISO 639 code")
	case c.Tag != "" && text.TagName(c.Tag) == "":
		return fault.New(fault.Invalid, "Validation failed: Tag is invalid")
	}
	return nil
}

// ownCollection is one of the actor's: another's is not the actor's to change.
func ownCollection(tx *store.Tx, actor, id int64) (*store.Collection, error) {
	c, err := tx.Collection(actor, id)
	if err == nil && c.ActorID != actor {
		err = notYours
	}
	return c, err
}

// DeleteCollection removes one of the actor's.
func (o *Outbox) DeleteCollection(ctx context.Context, actor, id int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := ownCollection(tx, actor, id); err != nil {
			return err
		}
		return tx.DeleteCollection(id)
	})
}

// AddToCollection puts an account into one of the actor's collections.
func (o *Outbox) AddToCollection(ctx context.Context, actor, id, account int64) (i *store.CollectionItem, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(fmt.Sprint("collections of ", actor)); err != nil {
			return err
		}
		c, err := ownCollection(tx, actor, id)
		if err != nil {
			return err
		}
		i, err = o.addToCollection(tx, c, account)
		return err
	})
	return i, err
}

func (o *Outbox) addToCollection(tx *store.Tx, c *store.Collection, account int64) (*store.CollectionItem, error) {
	other, err := tx.Actor(account)
	if fault.Is(err, fault.NotFound) || err == nil && other.Absent() {
		return nil, fault.New(fault.Invalid, "Validation failed: Account must exist")
	}
	if err != nil {
		return nil, err
	}
	known, err := tx.CollectionItem(c.ID, 0, account)
	switch {
	case err == nil && known.State == store.ItemRevoked:
		return nil, notYours
	case err == nil:
		return nil, fault.New(fault.Invalid, "Validation failed: Account has already been taken")
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	if err := mayFeature(tx, c.ActorID, other); err != nil {
		return nil, err
	}
	all, err := tx.Recommended(c.ID)
	if err != nil {
		return nil, err
	}
	if len(all) >= MaxCollectionItems {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("Validation failed: no more than %d accounts in a collection", MaxCollectionItems))
	}
	i, err := tx.AddToCollection(c.ID, account)
	if err != nil {
		return nil, err
	}
	return i, o.Notify.TellOf(tx, account, "added_to_collection", c.ActorID, c.ID)
}

// mayFeature refuses to recommend who does not want it: collections stay on this
// node, so who lives elsewhere cannot be asked.
func mayFeature(tx *store.Tx, actor int64, other *store.Actor) error {
	if !other.Local() || other.Hidden() {
		return notYours
	}
	blocked, err := tx.Blocked(actor, other.ID)
	if err != nil {
		return err
	}
	follows, err := tx.Follows(actor, []int64{other.ID})
	if err == nil && (blocked || LeaveToQuote(Featurable(other), "", actor == other.ID, follows[other.ID], false) != Automatic) {
		err = notYours
	}
	return err
}

// TakeFromCollection takes an item out of one of the actor's collections.
func (o *Outbox) TakeFromCollection(ctx context.Context, actor, id, item int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := ownCollection(tx, actor, id); err != nil {
			return err
		}
		i, err := tx.CollectionItem(id, item, 0)
		if err != nil {
			return err
		}
		if i.State == store.ItemRevoked { // or the owner could put them in anew
			return fault.New(fault.NotFound, "Record not found")
		}
		return tx.TakeFromCollection(i, false)
	})
}

// LeaveCollection takes the actor out of somebody's collection, for good.
func (o *Outbox) LeaveCollection(ctx context.Context, actor, id, item int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		i, err := tx.CollectionItem(id, item, 0)
		if err == nil && i.ActorID != actor {
			err = notYours
		}
		if err != nil {
			return err
		}
		return tx.TakeFromCollection(i, true)
	})
}
