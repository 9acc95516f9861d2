package mastodon

import (
	"encoding/json"

	"github.com/gin-gonic/gin"
)

// familiar is the entity FamiliarFollowers.
type familiar struct {
	ID       string            `json:"id"`
	Accounts []json.RawMessage `json:"accounts"`
}

// shownFamiliar is how many of those in common are shown for an account.
const shownFamiliar = 20

// FamiliarFollowers answers for each account who follows it among those whom
// the viewer follows. Mastodon.py asks with a body, which a GET seldom has.
func (a *API) FamiliarFollowers(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	r, me, wanted := a.reader(c), viewer(c), p.ids("id")
	circles, err := r.Familiar(me, wanted, shownFamiliar)
	if err != nil {
		return err
	}
	var everybody []int64
	for _, circle := range circles {
		everybody = append(everybody, circle...)
	}
	actors, err := r.Actors(everybody)
	if err != nil {
		return err
	}
	rendered, err := a.rendered(r, me, actors)
	if err != nil {
		return err
	}
	all := make([]familiar, 0, len(wanted))
	for _, target := range wanted {
		all = append(all, inCommon(target, circles[target], rendered))
	}
	return answer(c, all)
}

func inCommon(target int64, circle []int64, rendered map[int64]json.RawMessage) familiar {
	f := familiar{ID: id(target), Accounts: make([]json.RawMessage, 0, len(circle))}
	for _, actor := range circle {
		f.Accounts = append(f.Accounts, rendered[actor])
	}
	return f
}
