package federation

import (
	"context"

	"parley/internal/fault"
)

const maxPages = 10

// Items reads a collection over its pages until there are limit items. What is
// embedded in it is a claim of the collection's host: believe an item only if
// its id is on that host, and fetch it otherwise.
func (c *Client) Items(ctx context.Context, uri string, key *Key, limit int) ([]*Object, error) {
	page, from, err := c.read(ctx, uri, key)
	if err != nil {
		return nil, err
	}
	if !SameOrigin(uri, from) {
		return nil, fault.New(fault.Invalid, "The collection "+uri+" is not on its own host")
	}
	items := page.Items
	for range maxPages {
		next := page.nextPage()
		if len(items) >= limit || next == nil {
			break
		}
		if page = next; !page.Embedded() {
			if !SameOrigin(uri, page.ID) {
				break
			}
			if page, from, err = c.read(ctx, page.ID, key); err != nil || !SameOrigin(uri, from) {
				break // what was read so far is worth having
			}
		}
		items = append(items, page.Items...)
	}
	return bounded(items, limit), nil
}

// nextPage is the page after this one, or the first one of a collection.
func (o *Object) nextPage() *Object {
	if o.First != nil {
		return o.First
	}
	if o.Next != "" {
		return &Object{ID: o.Next}
	}
	return nil
}
