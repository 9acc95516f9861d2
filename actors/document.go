package actors

import (
	"mime"
	"path"

	"parley/federation"
	"parley/internal/store"
)

// Document is one of ours as ActivityPub sees it, [AP] 4.1. Of one who is
// suspended it says so, and nothing of what he said about himself: others know
// whom not to show, and can still check his signature.
func (a *Actors) Document(actor *store.Actor, keys []*store.Key) federation.Actor {
	if actor.Lifecycle == store.Suspended {
		bare := *actor
		bare.Emojis, bare.DisplayName, bare.Note, bare.Fields, bare.Avatar, bare.Header, bare.AlsoKnownAs, bare.MovedToURI = nil, "", "", nil, "", "", nil, ""
		bare.Discoverable, bare.Indexable, bare.Attributions = false, false, nil
		actor = &bare
	}
	doc := federation.Actor{
		Context: federation.Context, ID: actor.URI, Type: actor.Kind, PreferredUsername: actor.Username,
		Name: actor.DisplayName, Summary: actor.Note, URL: actor.URL, WebFinger: actor.Username + "@" + a.Domain,
		Inbox: actor.InboxURI, Outbox: actor.OutboxURI, Followers: actor.FollowersURI, Following: actor.FollowingURI, Featured: actor.FeaturedURI, FeaturedTags: actor.FeaturedTagsURI,
		Endpoints: &federation.Endpoints{SharedInbox: actor.SharedInboxURI},
		Generator: federation.Implemented,
		Published: federation.Stamp(actor.CreatedAt.Time()), Updated: federation.Stamp(actor.UpdatedAt.Time()),
		ManuallyApprovesFollowers: actor.Locked, Discoverable: actor.Discoverable, Indexable: actor.Indexable, Memorial: actor.Memorial, Suspended: actor.Lifecycle == store.Suspended,
		ShowFeatured: !actor.HideFeatured, ShowMedia: !actor.HideMedia, ShowRepliesInMedia: !actor.HideMediaReplies, AttributionDomains: actor.Attributions,
		AlsoKnownAs: actor.AlsoKnownAs, MovedTo: actor.MovedToURI,
		Icon: a.pictureOf(actor.Avatar, actor.AvatarDescription), Image: a.pictureOf(actor.Header, actor.HeaderDescription),
	}
	for _, key := range keys {
		publish(&doc, key)
	}
	if actor.Bot && actor.Kind == "Person" {
		doc.Type = "Service"
	}
	doc.Tag = a.EmojiTags(actor.Emojis)
	for _, f := range actor.Fields {
		doc.Attachment = append(doc.Attachment, federation.Attachment{Type: "PropertyValue", Name: f.Name, Value: f.Value})
	}
	return doc
}

// publish shows one of the actor's keys, RSA as everybody reads it and Ed25519
// as a Multikey, FEP-521a.
func publish(doc *federation.Actor, key *store.Key) {
	if key.Algorithm == rsaKey {
		doc.PublicKey = &federation.KeyDocument{ID: key.KeyID, Owner: doc.ID, PEM: key.PublicKey}
		return
	}
	if public, err := federation.ParsePublicKeyPEM(key.PublicKey); err == nil {
		doc.AssertionMethod = append(doc.AssertionMethod, federation.Multikey{ID: key.KeyID, Type: "Multikey", Controller: doc.ID, PublicKeyMultibase: public.Multibase()})
	}
}

func (a *Actors) pictureOf(file, description string) *federation.Attachment {
	if file == "" {
		return nil
	}
	return &federation.Attachment{Type: "Image", MediaType: mime.TypeByExtension(path.Ext(file)), URL: a.MediaURL(file), Name: description}
}
