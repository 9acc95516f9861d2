package search

import (
	"strings"

	"parley/internal/store"
)

// People makes of what somebody typed the question for accounts: a handle as it
// begins, or words of a name, or of what people say of themselves, each as it
// begins. In a handle the host is left out if ours says so.
func People(text string, ours func(host string) bool) store.ActorQuery {
	text = strings.TrimPrefix(strings.TrimSpace(text), "@")
	if name, host, _ := strings.Cut(text, "@"); ours(host) {
		text = name
	}
	var q store.ActorQuery
	if !strings.ContainsAny(text, " \t") {
		var d document
		d.mark(handle, text)
		q.Handle = d[0]
	}
	for _, word := range strings.Fields(text) {
		words, _ := wanted(word)
		if len(words) == 0 {
			continue
		}
		q.Name = append(q.Name, store.Clause{Words: words, Prefix: true})
		asides := make([]string, len(words))
		for i, w := range words {
			asides[i] = aside + w
		}
		q.About = append(q.About, store.Clause{Words: asides, Prefix: true})
	}
	return q
}
