package mastodon

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
)

// suggestion is the entity Suggestion, with the one reason that clients before
// 4.3 read. https://docs.joinmastodon.org/entities/Suggestion/
type suggestion struct {
	Source  string          `json:"source"`
	Sources []string        `json:"sources"`
	Account json.RawMessage `json:"account"`
}

// Suggestions answers with whom the viewer may like to follow, and why.
func (a *API) Suggestions(c *gin.Context) error {
	all, err := a.suggested(c)
	if err != nil {
		return err
	}
	actors, err := a.reader(c).Actors(each(all, suggestedID))
	if err != nil {
		return err
	}
	accounts, err := a.rendered(a.reader(c), viewer(c), actors)
	if err != nil {
		return err
	}
	return answer(c, each(all, func(s *store.Suggestion) suggestion {
		e := suggestion{Source: "global", Sources: s.Sources, Account: accounts[s.ActorID]}
		if slices.Contains(s.Sources, "friends_of_friends") {
			e.Source = "past_interactions"
		}
		return e
	}))
}

// SuggestedAccounts answers with the same people as accounts.
func (a *API) SuggestedAccounts(c *gin.Context) error {
	all, err := a.suggested(c)
	if err != nil {
		return err
	}
	accounts, err := a.accounts(a.reader(c), viewer(c), each(all, suggestedID))
	if err != nil {
		return err
	}
	return answer(c, accounts)
}

func suggestedID(s *store.Suggestion) int64 { return s.ActorID }

func (a *API) suggested(c *gin.Context) ([]*store.Suggestion, error) {
	part := portionOf(c, accountLimits)
	all, err := a.reader(c).Suggestions(viewer(c), part.offset+part.limit)
	return all[min(part.offset, len(all)):], err
}

// DismissSuggestion has the account in the path suggested no more.
func (a *API) DismissSuggestion(c *gin.Context) error {
	if err := a.Outbox.DismissSuggestion(contextOf(c), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return done(c)
}

// Directory answers with those who want to be found.
func (a *API) Directory(c *gin.Context) error {
	part := portionOf(c, accountLimits)
	ids, err := a.reader(c).Directory(viewer(c), store.DirectoryQuery{
		Local: asks(c, "local"), New: c.Query("order") == "new", Limit: part.limit, Offset: part.offset,
	})
	if err != nil {
		return err
	}
	accounts, err := a.accounts(a.reader(c), viewer(c), ids)
	if err != nil {
		return err
	}
	return answer(c, accounts)
}
