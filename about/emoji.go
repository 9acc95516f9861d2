package about

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/store"
	"parley/internal/text"
)

// Bounds of an emoji's picture: a file of a quarter of a megabyte, as others
// take it, and no more pixels than anybody can tell apart.
const (
	maxEmojiFile = 256 << 10
	maxEmojiSide = 1024
	maxCategory  = 100
)

var shortcode = regexp.MustCompile(`^[a-zA-Z0-9_]{2,64}$`)

// SetEmoji makes an emoji of this node from a picture, or gives one another.
func (a *About) SetEmoji(ctx context.Context, by int64, name, category string, picture io.Reader) error {
	name, category = strings.Trim(strings.TrimSpace(name), ":"), strings.TrimSpace(text.Clean(category))
	if !shortcode.MatchString(name) || len(category) > maxCategory {
		return fault.New(fault.Invalid, "The name of an emoji has 2 to 64 letters, digits and underscores, its category at most 100 characters")
	}
	if picture == nil {
		return fault.New(fault.Invalid, "An emoji needs a picture")
	}
	img, err := media.Process(ctx, picture, maxEmojiFile)
	if err != nil {
		return err
	}
	if max(img.Original.Width, img.Original.Height) > maxEmojiSide {
		return fault.New(fault.Invalid, fmt.Sprintf("The picture of an emoji has at most %d by %d pixels", maxEmojiSide, maxEmojiSide))
	}
	row := &store.CustomEmoji{Shortcode: name, Category: category, Visible: true, UpdatedAt: store.Now()}
	if row.Path, err = a.Files.Save(ctx, img.Original); err != nil {
		return err
	}
	row.StaticPath = row.Path
	if img.Original.Type == "image/gif" {
		if row.StaticPath, err = a.Files.Save(ctx, img.Small); err != nil {
			return err
		}
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetEmoji(row); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.emoji", Subject: name})
	})
}

// DropEmoji takes an emoji out of use. What was written with it keeps it.
func (a *About) DropEmoji(ctx context.Context, by int64, name string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DropEmoji(name); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.drop_emoji", Subject: name})
	})
}
