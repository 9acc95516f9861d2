package store

import (
	"encoding/json"
	"strings"
)

// OwnFile is a file lying here that a row names.
type OwnFile struct {
	Name    string
	MediaID int64  // of an upload; 0: another picture, which never gets another name
	column  string // of the upload, that has the name
}

// AllFiles gives each file lying here that rows name, some more than once: uploads,
// pictures of profiles, and emoji, also those that only old posts show.
func (r Reader) AllFiles(give func(OwnFile) error) error {
	each := func(f OwnFile) error {
		if f.Name == "" || strings.Contains(f.Name, "://") { // another node's
			return nil
		}
		return give(f)
	}
	for column, of := range map[string]string{"path": ` AND state = ''`, "preview_path": "", "upload_path": ""} {
		if err := r.eachText(`SELECT id, `+column+` FROM media WHERE path <> ''`+of, func(id int64, name string) error {
			return each(OwnFile{Name: name, MediaID: id, column: column})
		}); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`SELECT id, avatar FROM actors WHERE domain = ''`, `SELECT id, header FROM actors WHERE domain = ''`,
		`SELECT 0, path FROM custom_emojis`, `SELECT 0, static_path FROM custom_emojis`,
	} {
		if err := r.eachText(query, func(_ int64, name string) error { return each(OwnFile{Name: name}) }); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`SELECT id, emojis FROM posts WHERE local AND emojis <> '[]'`, `SELECT id, emojis FROM actors WHERE domain = '' AND emojis <> '[]'`,
		`SELECT id, emojis FROM announcements WHERE emojis <> '[]'`,
	} {
		if err := r.eachText(query, func(_ int64, list string) error { return eachEmoji(list, each) }); err != nil {
			return err
		}
	}
	return nil
}

func eachEmoji(list string, each func(OwnFile) error) error {
	var emojis []Emoji
	if err := json.Unmarshal([]byte(list), &emojis); err != nil {
		return err
	}
	for _, e := range emojis {
		for _, name := range []string{e.URL, e.Static} {
			if err := each(OwnFile{Name: name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachText runs a query for ids and texts.
func (r Reader) eachText(query string, each func(id int64, text string) error) error {
	rows, err := r.g.Raw(query).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		if err := each(id, text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// NameNow is the name under which a file lies by now, empty if it is gone: the
// files of a deleted post get other names.
func (r Reader) NameNow(f OwnFile) (string, error) {
	if f.MediaID == 0 {
		return "", nil
	}
	var name string
	return name, r.scan(&name, `SELECT `+f.column+` FROM media WHERE id = ?`, f.MediaID)
}
