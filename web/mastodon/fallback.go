package mastodon

import (
	"encoding/json"
	"slices"

	"parley/internal/notify"
)

// fallback is the entity NotificationFallback: what a client shows of a
// notification whose kind it does not know.
// https://docs.joinmastodon.org/entities/NotificationFallback/
type fallback struct {
	Title   string  `json:"title"` // HTML
	Summary *string `json:"summary"`
	Details *string `json:"details"`
}

// familiarKinds are the kinds that every client knows.
var familiarKinds = []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update"}

// fallbackFor says the rest in words, to a client that tells which kinds it
// knows and does not name this one.
func fallbackFor(kind string, from json.RawMessage, supported []string) *fallback {
	if len(supported) == 0 || slices.Contains(supported, kind) || slices.Contains(familiarKinds, kind) {
		return nil
	}
	var account struct {
		DisplayName string `json:"display_name"`
		Username    string `json:"username"`
	}
	_ = json.Unmarshal(from, &account) // we wrote it
	name := account.DisplayName
	if name == "" {
		name = account.Username
	}
	return &fallback{Title: inHTML.Replace(notify.Title(kind, name))}
}
