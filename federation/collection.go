package federation

import (
	"context"
	"strings"

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
	return c.pages(ctx, uri, page, key, limit), nil
}

// ItemsOf is Items for a collection that hangs on the document with the URI
// owner, and that may be embedded there with its first items.
func (c *Client) ItemsOf(ctx context.Context, owner string, collection *Object, key *Key, limit int) ([]*Object, error) {
	switch {
	case collection == nil:
		return nil, nil
	case len(collection.Items) > 0 || collection.First != nil:
		return c.pages(ctx, owner, collection, key, limit), nil
	case SameOrigin(owner, collection.ID):
		return c.Items(ctx, collection.ID, key, limit)
	}
	return nil, nil
}

// pages follows a collection from page to page, on the host of uri alone and
// to no page twice.
func (c *Client) pages(ctx context.Context, uri string, page *Object, key *Key, limit int) []*Object {
	items, seen := page.Items, map[string]bool{uri: true}
	for range maxPages {
		next := page.nextPage()
		if len(items) >= limit || next == nil {
			break
		}
		if page = next; !page.Embedded() {
			if seen[page.ID] || !SameOrigin(uri, page.ID) {
				break
			}
			seen[page.ID] = true
			read, from, err := c.read(ctx, page.ID, key)
			if err != nil || !SameOrigin(uri, from) {
				break // what was read so far is worth having
			}
			page = read
		}
		items = append(items, page.Items...)
	}
	return bounded(items, limit)
}

// nextPage is the page after this one, or the first one of a collection. A
// page may name the first one too.
func (o *Object) nextPage() *Object {
	if o.First != nil && !strings.HasSuffix(o.Type, "Page") {
		return o.First
	}
	if o.Next != "" {
		return &Object{ID: o.Next}
	}
	return nil
}
