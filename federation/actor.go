package federation

import (
	"context"
	"fmt"

	"parley/internal/fault"
)

// FetchActor reads an actor and checks that his keys are his own.
func (c *Client) FetchActor(ctx context.Context, uri string, key *Key) (*Object, error) {
	o, err := c.Fetch(ctx, uri, key)
	if err != nil {
		return nil, err
	}
	if err := checkActor(o); err != nil {
		return nil, err
	}
	return o, nil
}

// checkActor holds for an actor that was read from his own origin: he has an
// inbox there, since nobody has others bothered in his name, and claims no key of somebody else. (CVE-2024-23832)
func checkActor(o *Object) error {
	if !o.IsActor() {
		return fault.New(fault.Invalid, fmt.Sprintf("%s is not an actor but a %s", o.ID, o.Type))
	}
	if !isWeb(o.Inbox) {
		return fault.New(fault.Invalid, o.ID+" has no inbox")
	}
	if !SameOrigin(o.Inbox, o.ID) {
		return fault.New(fault.Invalid, "The inbox of "+o.ID+" is on another host")
	}
	for _, k := range o.PublicKeys {
		if k.Owner != o.ID {
			return fault.New(fault.Unauthorized, fmt.Sprintf("The key of %s belongs to %q", o.ID, k.Owner))
		}
		if !SameOrigin(k.ID, o.ID) {
			return fault.New(fault.Unauthorized, fmt.Sprintf("The key %q is not on the host of %s", k.ID, o.ID))
		}
	}
	o.AssertionMethods = ownMultikeys(o)
	return nil
}

// FetchKey finds the actor that a key id belongs to; his Key of that id is
// the one. The id may be a fragment of the actor's, as almost everywhere, or a
// document of its own that names its owner. What that document says of the key
// is not believed: the owner has to publish the same id.
func (c *Client) FetchKey(ctx context.Context, keyID string, key *Key) (*Object, error) {
	uri := withoutFragment(keyID)
	doc, from, err := c.read(ctx, uri, key)
	if err != nil {
		return nil, err
	}
	owner := doc.Owner
	switch {
	case doc.IsActor() && vouched(doc, uri, from):
		return ownerOf(doc, keyID)
	case doc.IsActor(): // an actor, or a stub of one, under another address
		owner = doc.ID
	case doc.ID != keyID:
		return nil, fault.New(fault.Unauthorized, fmt.Sprintf("The key document at %s has the id %q", keyID, doc.ID))
	}
	if !SameOrigin(owner, keyID) {
		return nil, fault.New(fault.Unauthorized, fmt.Sprintf("The key %s is not on the host of its owner %q", keyID, owner))
	}
	actor, err := c.Fetch(ctx, owner, key)
	if err != nil {
		return nil, err
	}
	return ownerOf(actor, keyID)
}

func ownerOf(actor *Object, keyID string) (*Object, error) {
	if err := checkActor(actor); err != nil {
		return nil, err
	}
	if actor.Key(keyID) == nil {
		return nil, fault.New(fault.Unauthorized, fmt.Sprintf("%s does not publish the key %s", actor.ID, keyID))
	}
	return actor, nil
}
