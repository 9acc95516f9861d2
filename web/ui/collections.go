package ui

import (
	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

func collectionLink(collection int64) string { return "/collections/" + id(collection) }

// Collection is the page of some accounts that somebody recommends.
func (u *UI) Collection(c *gin.Context) error {
	r, me := u.reader(c), viewer(c)
	collection, err := r.Collection(me, number(c.Param("id")))
	if fault.Is(err, fault.NotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	owner, err := r.Actor(collection.ActorID)
	if err != nil {
		return err
	}
	items, err := r.CollectionItems(me, []int64{collection.ID})
	if err != nil {
		return err
	}
	listed := make([]store.Listed, 0, len(items[collection.ID]))
	for _, i := range items[collection.ID] {
		listed = append(listed, store.Listed{ActorID: i.ActorID})
	}
	body := People{Heading: collection.Name, Lead: collection.Description, By: owner.Name(), Back: profileLink(owner), Empty: "Nobody yet."}
	return u.showPeople(c, listed, body)
}
