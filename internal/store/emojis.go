package store

// CustomEmoji is a small picture of this node's that stands for a shortcode.
type CustomEmoji struct {
	Shortcode  string `gorm:"primaryKey"`
	Path       string // below media
	StaticPath string // that does not move
	Category   string
	Visible    bool // in pickers
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// Emoji is the emoji as posts and profiles carry it.
func (e *CustomEmoji) Emoji() Emoji {
	return Emoji{Shortcode: e.Shortcode, URL: e.Path, Static: e.StaticPath}
}

// CustomEmojis are all of this node, by category and name.
func (r Reader) CustomEmojis() ([]*CustomEmoji, error) {
	var rows []*CustomEmoji
	return rows, r.scan(&rows, `SELECT * FROM custom_emojis ORDER BY category, shortcode`)
}

// EmojisOf are those of this node with the shortcodes.
func (r Reader) EmojisOf(shortcodes []string) ([]Emoji, error) {
	if len(shortcodes) == 0 {
		return nil, nil
	}
	cond, arg := r.inText("shortcode", shortcodes)
	var rows []*CustomEmoji
	err := r.scan(&rows, `SELECT * FROM custom_emojis WHERE `+cond+` ORDER BY shortcode`, arg)
	var list []Emoji
	for _, e := range rows {
		list = append(list, e.Emoji())
	}
	return list, err
}

// CustomEmoji is the one with the shortcode.
func (r Reader) CustomEmoji(shortcode string) (*CustomEmoji, error) {
	var e CustomEmoji
	return &e, r.one(&e, "Record", `SELECT * FROM custom_emojis WHERE shortcode = ?`, shortcode)
}

// SetEmoji stores an emoji, new or with another picture.
func (tx *Tx) SetEmoji(e *CustomEmoji) error { return tx.g.Save(e).Error }

// DropEmoji takes an emoji out of use. Its files stay: posts show it.
func (tx *Tx) DropEmoji(shortcode string) error {
	var e CustomEmoji
	return tx.one(&e, "Record", `DELETE FROM custom_emojis WHERE shortcode = ? RETURNING *`, shortcode)
}
