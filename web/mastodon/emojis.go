package mastodon

import (
	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// CustomEmojis answers with the emoji of this node.
// https://docs.joinmastodon.org/methods/custom_emojis/
func (a *API) CustomEmojis(c *gin.Context) error {
	rows, err := a.reader(c).CustomEmojis()
	if err != nil {
		return err
	}
	list := make([]emoji, len(rows))
	for i, row := range rows {
		list[i] = a.emojis("", []store.Emoji{row.Emoji()})[0]
		list[i].VisibleInPicker, list[i].Category = row.Visible, optional(row.Category)
	}
	return answer(c, list)
}
