package federation

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Context is the @context of everything we write: all the terms beyond
// ActivityStreams that our documents use, under the names the field knows
// them by.
var Context = json.RawMessage(`[` +
	`"https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1","https://w3id.org/security/multikey/v1",{` +
	`"manuallyApprovesFollowers":"as:manuallyApprovesFollowers",` +
	`"sensitive":"as:sensitive",` +
	`"Hashtag":"as:Hashtag",` +
	`"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},` +
	`"movedTo":{"@id":"as:movedTo","@type":"@id"},` +
	`"ostatus":"http://ostatus.org#",` +
	`"conversation":"ostatus:conversation",` +
	`"schema":"http://schema.org#",` +
	`"PropertyValue":"schema:PropertyValue",` +
	`"value":"schema:value",` +
	`"toot":"http://joinmastodon.org/ns#",` +
	`"Emoji":"toot:Emoji",` +
	`"featured":{"@id":"toot:featured","@type":"@id"},` +
	`"featuredTags":{"@id":"toot:featuredTags","@type":"@id"},` +
	`"discoverable":"toot:discoverable",` +
	`"indexable":"toot:indexable",` +
	`"memorial":"toot:memorial",` +
	`"attributionDomains":{"@id":"toot:attributionDomains","@container":"@set"},` +
	`"showFeatured":"toot:showFeatured",` +
	`"showMedia":"toot:showMedia",` +
	`"showRepliesInMedia":"toot:showRepliesInMedia",` +
	`"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger",` +
	`"assertionMethod":{"@id":"https://w3id.org/security#assertionMethod","@type":"@id","@container":"@set"},` +
	`"implements":{"@id":"https://w3id.org/fep/844e#implements","@type":"@id","@container":"@set"},` +
	`"suspended":"toot:suspended",` +
	`"blurhash":"toot:blurhash",` +
	`"votersCount":"toot:votersCount",` +
	`"focalPoint":{"@container":"@list","@id":"toot:focalPoint"},` +
	`"quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},` +
	`"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},` +
	`"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest",` +
	`"QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization",` +
	`"fedibird":"http://fedibird.com/ns#",` +
	`"quoteUri":"fedibird:quoteUri",` +
	`"misskey":"https://misskey-hub.net/ns#",` +
	`"_misskey_quote":"misskey:_misskey_quote",` +
	`"gts":"https://gotosocial.org/ns#",` +
	`"interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},` +
	`"canQuote":{"@id":"gts:canQuote","@type":"@id"},` +
	`"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},` +
	`"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},` +
	`"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},` +
	`"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"}` +
	`}]`)

// Lasting writes how long something lasts, as xsd:duration; none for nothing.
func Lasting(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}

// Stamp writes a time as ActivityStreams wants it.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Activity is what one actor tells others that he did. Set Context on the
// outermost document only. Object is an id or one of the types here.
type Activity struct {
	Context    json.RawMessage `json:"@context,omitempty"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Actor      string          `json:"actor"`
	Published  string          `json:"published,omitempty"`
	To         []string        `json:"to,omitempty"`
	Cc         []string        `json:"cc,omitempty"`
	Audience   string          `json:"audience,omitempty"` // the group it is for, FEP-1b12
	Object     any             `json:"object,omitempty"`
	Target     string          `json:"target,omitempty"`
	Content    string          `json:"content,omitempty"`    // of a Flag
	Instrument any             `json:"instrument,omitempty"` // of a QuoteRequest, FEP-044f
	Result     string          `json:"result,omitempty"`     // of an Accept, FEP-044f
}

// Note is a post. With Type "Question" it is a poll.
type Note struct {
	Context            json.RawMessage    `json:"@context,omitempty"`
	ID                 string             `json:"id"`
	Type               string             `json:"type"`
	AttributedTo       string             `json:"attributedTo"`
	To                 []string           `json:"to"`
	Cc                 []string           `json:"cc"`
	Audience           string             `json:"audience,omitempty"` // the group it belongs to, FEP-1b12
	Summary            string             `json:"summary,omitempty"`
	Content            string             `json:"content"`
	ContentMap         map[string]string  `json:"contentMap,omitempty"`
	Source             *Source            `json:"source,omitempty"`
	Sensitive          bool               `json:"sensitive"`
	Published          string             `json:"published,omitempty"`
	Updated            string             `json:"updated,omitempty"`
	URL                string             `json:"url,omitempty"`
	InReplyTo          string             `json:"inReplyTo,omitempty"`
	Conversation       string             `json:"conversation,omitempty"`
	Generator          string             `json:"generator,omitempty"` // the node itself, where no person wrote it, [AS Vocabulary] generator
	ThreadContext      string             `json:"context,omitempty"`
	Tag                []Tag              `json:"tag"`
	Attachment         []Attachment       `json:"attachment"`
	Replies            any                `json:"replies,omitempty"`
	Likes              any                `json:"likes,omitempty"`
	Shares             any                `json:"shares,omitempty"`
	Quote              string             `json:"quote,omitempty"`
	QuoteURI           string             `json:"quoteUri,omitempty"`
	MisskeyQuote       string             `json:"_misskey_quote,omitempty"`
	QuoteAuthorization string             `json:"quoteAuthorization,omitempty"`
	InteractionPolicy  *InteractionPolicy `json:"interactionPolicy,omitempty"`

	OneOf       []Choice `json:"oneOf,omitempty"`
	AnyOf       []Choice `json:"anyOf,omitempty"`
	EndTime     string   `json:"endTime,omitempty"`
	Closed      string   `json:"closed,omitempty"`
	VotersCount *int     `json:"votersCount,omitempty"`
}

// MarshalJSON writes empty lists as such: some readers stumble over null.
func (n Note) MarshalJSON() ([]byte, error) {
	type plain Note
	p := plain(n)
	p.To, p.Cc = listed(p.To), listed(p.Cc)
	p.Tag, p.Attachment = listed(p.Tag), listed(p.Attachment)
	return json.Marshal(p)
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Vote is a choice in somebody's poll: a Note with a name and no content.
type Vote struct {
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	AttributedTo string   `json:"attributedTo"`
	To           []string `json:"to"`
	InReplyTo    string   `json:"inReplyTo"`
	Name         string   `json:"name"`
	Published    string   `json:"published"`
}

// Choice is an option of a poll.
type Choice struct {
	Name  string
	Votes int
}

// MarshalJSON writes the votes as the size of a collection of replies.
func (c Choice) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"type": "Note", "name": c.Name,
		"replies": map[string]any{"type": "Collection", "totalItems": c.Votes},
	})
}

// InteractionPolicy says who may quote a post, FEP-044f.
type InteractionPolicy struct {
	CanQuote struct {
		AutomaticApproval []string `json:"automaticApproval"`
	} `json:"canQuote"`
}

// QuoteAuthorization is the leave of an author that a post quotes his, FEP-044f.
type QuoteAuthorization struct {
	Context           json.RawMessage `json:"@context,omitempty"`
	ID                string          `json:"id"`
	Type              string          `json:"type"`
	AttributedTo      string          `json:"attributedTo"`
	InteractingObject string          `json:"interactingObject"`
	InteractionTarget string          `json:"interactionTarget"`
}

// Tombstone stands where something was deleted.
type Tombstone struct {
	Context    json.RawMessage `json:"@context,omitempty"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	FormerType string          `json:"formerType,omitempty"`
	Deleted    string          `json:"deleted,omitempty"`
}

// Actor is somebody of ours.
type Actor struct {
	Context                   json.RawMessage `json:"@context,omitempty"`
	ID                        string          `json:"id"`
	Type                      string          `json:"type"`
	PreferredUsername         string          `json:"preferredUsername"`
	Name                      string          `json:"name,omitempty"`
	Summary                   string          `json:"summary,omitempty"`
	URL                       string          `json:"url,omitempty"`
	WebFinger                 string          `json:"webfinger,omitempty"` // FEP-2c59
	Inbox                     string          `json:"inbox"`
	Outbox                    string          `json:"outbox,omitempty"`
	Followers                 string          `json:"followers,omitempty"`
	Following                 string          `json:"following,omitempty"`
	Featured                  string          `json:"featured,omitempty"`
	FeaturedTags              string          `json:"featuredTags,omitempty"`
	Endpoints                 *Endpoints      `json:"endpoints,omitempty"`
	PublicKey                 *KeyDocument    `json:"publicKey,omitempty"`
	AssertionMethod           []Multikey      `json:"assertionMethod,omitempty"`
	Generator                 *Generator      `json:"generator,omitempty"`
	Icon                      *Attachment     `json:"icon,omitempty"`
	Image                     *Attachment     `json:"image,omitempty"`
	Published                 string          `json:"published,omitempty"`
	Updated                   string          `json:"updated,omitempty"`
	ManuallyApprovesFollowers bool            `json:"manuallyApprovesFollowers"`
	Discoverable              bool            `json:"discoverable"`
	Indexable                 bool            `json:"indexable"`
	Memorial                  bool            `json:"memorial,omitempty"`
	ShowFeatured              bool            `json:"showFeatured"`
	ShowMedia                 bool            `json:"showMedia"`
	ShowRepliesInMedia        bool            `json:"showRepliesInMedia"`
	AttributionDomains        []string        `json:"attributionDomains,omitempty"`
	Suspended                 bool            `json:"suspended,omitempty"`
	AlsoKnownAs               []string        `json:"alsoKnownAs,omitempty"`
	MovedTo                   string          `json:"movedTo,omitempty"`
	Tag                       []Tag           `json:"tag,omitempty"`
	Attachment                []Attachment    `json:"attachment,omitempty"`
}

// Generator is our server as its actors name it, FEP-844e.
type Generator struct {
	Type       string           `json:"type"`
	Implements []Implementation `json:"implements"`
}

// Implementation is a specification that a server implements.
type Implementation struct {
	Href string `json:"href"`
	Name string `json:"name"`
}

// Collection is a collection or a page of one, ordered or not, by its Type.
// Items are written as orderedItems where the type is an ordered one.
type Collection struct {
	Context      json.RawMessage
	ID           string
	Type         string
	TotalItems   *int
	First        any // an id or a page
	Last         string
	Next, Prev   string
	PartOf       string
	Items        []any
	AttributedTo string
}

// MarshalJSON writes the items under the name that the type wants. A page has
// them even if there are none; a collection that tells how many there are may
// keep to itself which.
func (c Collection) MarshalJSON() ([]byte, error) {
	doc := struct {
		Context      json.RawMessage `json:"@context,omitempty"`
		ID           string          `json:"id,omitempty"`
		Type         string          `json:"type"`
		AttributedTo string          `json:"attributedTo,omitempty"`
		TotalItems   *int            `json:"totalItems,omitempty"`
		First        any             `json:"first,omitempty"`
		Last         string          `json:"last,omitempty"`
		PartOf       string          `json:"partOf,omitempty"`
		Next         string          `json:"next,omitempty"`
		Prev         string          `json:"prev,omitempty"`
		Items        *[]any          `json:"items,omitempty"`
		OrderedItems *[]any          `json:"orderedItems,omitempty"`
	}{Context: c.Context, ID: c.ID, Type: c.Type, AttributedTo: c.AttributedTo, TotalItems: c.TotalItems,
		First: c.First, Last: c.Last, PartOf: c.PartOf, Next: c.Next, Prev: c.Prev}
	untold := c.First != nil || c.TotalItems != nil && *c.TotalItems > 0 && !strings.HasSuffix(c.Type, "Page")
	if items := listed(c.Items); !untold || len(items) > 0 {
		switch c.Type {
		case "OrderedCollection", "OrderedCollectionPage":
			doc.OrderedItems = &items
		default:
			doc.Items = &items
		}
	}
	return json.Marshal(doc)
}
