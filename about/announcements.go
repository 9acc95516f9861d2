package about

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
	"parley/internal/text"
)

// Announcement is one before it is made.
type Announcement struct {
	Text             string
	StartsAt, EndsAt store.Time // 0: open
	AllDay           bool
}

const maxAnnouncement = 5000

// Announce says something to everybody on this node.
func (a *About) Announce(ctx context.Context, by int64, n Announcement) (*store.Announcement, error) {
	source := strings.TrimSpace(text.Clean(n.Text))
	switch {
	case source == "" || utf8.RuneCountInString(source) > maxAnnouncement:
		return nil, fault.New(fault.Invalid, fmt.Sprintf("An announcement is a text of at most %d characters", maxAnnouncement))
	case n.EndsAt != 0 && (n.EndsAt <= store.Now() || n.EndsAt < n.StartsAt):
		return nil, fault.New(fault.Invalid, "An announcement ends after it begins, and not before now")
	}
	now := store.Now()
	row := &store.Announcement{ID: store.NewID(), Source: source, Content: text.Render(source, nil, nil), StartsAt: n.StartsAt, EndsAt: n.EndsAt, AllDay: n.AllDay,
		ActorID: by, PublishedAt: now, UpdatedAt: now}
	return row, a.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if row.Emojis, err = tx.EmojisOf(text.Shortcodes(source)); err != nil {
			return err
		}
		if err := tx.SetAnnouncement(row); err != nil {
			return err
		}
		a.tell(tx, notify.Event{Name: "announcement", Subject: row.ID})
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.announce"})
	})
}

// Withdraw takes an announcement back.
func (a *About) Withdraw(ctx context.Context, by, id int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.DropAnnouncement(id); err != nil {
			return err
		}
		a.tell(tx, notify.Event{Name: "announcement.delete", Subject: id})
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.withdraw"})
	})
}

// Dismiss notes that a reader has read an announcement.
func (a *About) Dismiss(ctx context.Context, reader, id int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Announcement(id); err != nil {
			return err
		}
		return tx.ReadAnnouncement(reader, id)
	})
}

// maxReactions is how many different emoji may stand under an announcement.
const maxReactions = 8

// React puts an emoji under an announcement: a character, or the shortcode of
// one of ours.
func (a *About) React(ctx context.Context, reader, id int64, name string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Announcement(id); err != nil {
			return err
		}
		if err := checkReaction(tx.Reader, name); err != nil {
			return err
		}
		have, err := tx.AnnouncementReactions(reader, []int64{id})
		if err != nil {
			return err
		}
		known := false
		for _, r := range have[id] {
			known = known || r.Name == name
		}
		if !known && len(have[id]) >= maxReactions {
			return fault.New(fault.Invalid, "Validation failed: Limit of different reactions reached")
		}
		if err := tx.ReactToAnnouncement(id, reader, name); err != nil {
			return err
		}
		a.tell(tx, notify.Event{Name: "announcement.reaction", Subject: id, Detail: name})
		return nil
	})
}

// Unreact takes the reader's emoji away again.
func (a *About) Unreact(ctx context.Context, reader, id int64, name string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Announcement(id); err != nil {
			return err
		}
		if err := tx.UnreactToAnnouncement(id, reader, name); err != nil {
			return err
		}
		a.tell(tx, notify.Event{Name: "announcement.reaction", Subject: id, Detail: name})
		return nil
	})
}

func checkReaction(r store.Reader, name string) error {
	if text.IsEmoji(name) {
		return nil
	}
	if _, err := r.CustomEmoji(name); err != nil {
		return fault.New(fault.Invalid, "Validation failed: Name is not a recognized emoji")
	}
	return nil
}

func (a *About) tell(tx *store.Tx, e notify.Event) {
	e.Topic = notify.Everybody
	tx.After(func() { a.Hub.Publish(e) })
}
