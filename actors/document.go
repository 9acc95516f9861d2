package actors

import (
	"mime"
	"path"

	"parley/federation"
	"parley/internal/store"
)

// Document is one of ours as ActivityPub sees it, [AP] 4.1.
func (a *Actors) Document(actor *store.Actor, key *store.Key) federation.Actor {
	doc := federation.Actor{
		Context: federation.Context, ID: actor.URI, Type: actor.Kind, PreferredUsername: actor.Username,
		Name: actor.DisplayName, Summary: actor.Note, URL: actor.URL, WebFinger: actor.Username + "@" + a.Domain,
		Inbox: actor.InboxURI, Outbox: actor.OutboxURI, Followers: actor.FollowersURI, Following: actor.FollowingURI, Featured: actor.FeaturedURI,
		Endpoints: &federation.Endpoints{SharedInbox: actor.SharedInboxURI},
		PublicKey: &federation.KeyDocument{ID: key.KeyID, Owner: actor.URI, PEM: key.PublicKey},
		Published: federation.Stamp(actor.CreatedAt.Time()), Updated: federation.Stamp(actor.UpdatedAt.Time()),
		ManuallyApprovesFollowers: actor.Locked, Discoverable: actor.Discoverable, Indexable: actor.Indexable, Memorial: actor.Memorial,
		AlsoKnownAs: actor.AlsoKnownAs, MovedTo: actor.MovedToURI,
		Icon: a.pictureOf(actor.Avatar, actor.AvatarDescription), Image: a.pictureOf(actor.Header, actor.HeaderDescription),
	}
	if actor.Bot && actor.Kind == "Person" {
		doc.Type = "Service"
	}
	for _, f := range actor.Fields {
		doc.Attachment = append(doc.Attachment, federation.Attachment{Type: "PropertyValue", Name: f.Name, Value: f.Value})
	}
	return doc
}

func (a *Actors) pictureOf(file, description string) *federation.Attachment {
	if file == "" {
		return nil
	}
	return &federation.Attachment{Type: "Image", MediaType: mime.TypeByExtension(path.Ext(file)), URL: a.MediaURL(file), Name: description}
}
