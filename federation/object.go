package federation

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"parley/internal/fault"
)

// Public is the audience of everybody, [AP] 5.6.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// IsPublic knows the three spellings of Public.
func IsPublic(uri string) bool {
	return uri == Public || uri == "as:Public" || uri == "Public"
}

// Object is any ActivityStreams document that somebody sent: an activity, an
// object, an actor or a collection. A field that the document lacks is zero.
// Raw and all that hangs below it share the bytes that were parsed.
type Object struct {
	ID    string
	Type  string   // the first of Types that is known here
	Types []string // all of them
	Raw   json.RawMessage

	// Activities.
	Actor      string
	Object     *Object   // only its ID is set where the document has a bare id
	Objects    []*Object // all of them; Object is the first
	Target     string
	Result     string  // of an Accept that grants something, FEP-044f
	Instrument *Object // of a QuoteRequest the post that quotes
	Emoji      string  // of a reaction, where it is not the content

	// Objects.
	AttributedTo       string
	To, Cc, Audience   []string
	Name, Summary      string
	Content            string
	ContentMap         map[string]string
	NameMap            map[string]string
	SummaryMap         map[string]string
	Spoken             string // the language, where it is a field of its own
	Source             Source
	MediaType          string
	URL                string // the one for people
	URLs               []Link
	InReplyTo          string
	Published, Updated time.Time
	Sensitive          bool
	Tag                []Tag
	Attachment         []Attachment
	Preview            *Object // what to show in its place, FEP-b2b8
	Replies            *Object
	Conversation       string
	Context            string
	Generator          string // the id of what made it
	Quote              string // by any of the four names in use
	QuoteAuthorization string // FEP-044f
	QuoteLegacy        bool   // by one of the older names alone
	CanQuote           Approval

	// Of a QuoteAuthorization.
	InteractingObject, InteractionTarget string

	// Questions.
	OneOf, AnyOf    []Option
	EndTime, Closed time.Time // EndTime also of an Event
	VotersCount     int

	// Events and what lasts.
	StartTime time.Time
	Timezone  string // the name of the one that the times are meant in
	Location  Place
	Duration  time.Duration

	// Actors.
	PreferredUsername         string
	Inbox, Outbox             string
	Followers, Following      string
	Featured, FeaturedTags    string
	Endpoints                 Endpoints
	PublicKey                 *KeyDocument // the first of PublicKeys
	PublicKeys                []*KeyDocument
	AssertionMethods          []*KeyDocument // Multikeys, FEP-521a
	Implements                []string       // addresses of what the actor's server can do, FEP-844e
	Icon, Image               *Attachment
	ManuallyApprovesFollowers bool
	Discoverable, Indexable   bool
	Memorial, Suspended       bool
	HideFeatured, HideMedia   bool
	HideMediaReplies          bool
	AlsoKnownAs               []string
	MovedTo                   string

	// Key documents that stand alone.
	Owner        string
	PublicKeyPEM string

	// Collections.
	First      *Object
	Next       string
	Items      []*Object // items or orderedItems
	TotalItems int

	quotes bool // by the property of FEP-044f
}

// Source is what the author typed.
type Source struct {
	Content   string `json:"content"`
	MediaType string `json:"mediaType,omitempty"`
}

// Link is one of the addresses of an object.
type Link struct {
	Href, MediaType, Rel string
	Width, Height        int
}

// Place is where an event is.
type Place struct {
	Name, Address, URL string
}

// Endpoints are those of an actor's server.
type Endpoints struct {
	SharedInbox string `json:"sharedInbox,omitempty"`
}

// KeyDocument is a public key as an actor publishes it.
type KeyDocument struct {
	ID        string `json:"id"`
	Owner     string `json:"owner"`
	PEM       string `json:"publicKeyPem"`
	Multibase string `json:"-"` // in place of PEM, in a Multikey
}

// Multikey is a public key as FEP-521a has it, in an actor's assertionMethod.
type Multikey struct {
	ID                 string `json:"id"`
	Type               string `json:"type"` // Multikey
	Controller         string `json:"controller"`
	PublicKeyMultibase string `json:"publicKeyMultibase"`
}

// Tag is a mention, a hashtag, a custom emoji or a link to an object, FEP-e232.
type Tag struct {
	ID        string      `json:"id,omitempty"`
	Type      string      `json:"type"`
	Name      string      `json:"name,omitempty"`
	Href      string      `json:"href,omitempty"`
	MediaType string      `json:"mediaType,omitempty"`
	Rel       string      `json:"rel,omitempty"`
	Updated   string      `json:"updated,omitempty"`
	Icon      *Attachment `json:"icon,omitempty"`
}

// Attachment is a media file, an actor's picture, or one of the fields of his
// profile.
type Attachment struct {
	Type       string      `json:"type"`
	MediaType  string      `json:"mediaType,omitempty"`
	URL        string      `json:"url,omitempty"`
	Name       string      `json:"name,omitempty"`
	Value      string      `json:"value,omitempty"` // of a PropertyValue
	Blurhash   string      `json:"blurhash,omitempty"`
	Width      int         `json:"width,omitempty"`
	Height     int         `json:"height,omitempty"`
	Duration   string      `json:"duration,omitempty"`   // ours; see Lasting
	FocalPoint []float64   `json:"focalPoint,omitempty"` // x and y from -1 to 1, or nothing
	Icon       *Attachment `json:"icon,omitempty"`       // a still, of ours
	Preview    string      `json:"-"`                    // the address of a still, of theirs
}

// Option is a choice of a poll.
type Option struct {
	Name  string
	Votes int
}

// known are the types that mean something here, if only that they are no
// posts. Of several types the first of these counts.
var known = []string{
	"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Add", "Remove", "Like",
	"Dislike", "Announce", "Undo", "Block", "Flag", "Move", "EmojiReact", "QuoteRequest", "QuoteAuthorization",
	"Note", "Article", "Question", "Page", "Video", "Audio", "Image", "Document", "Event",
	"Tombstone", "ChatMessage", "Person", "Service", "Group", "Organization", "Application",
	"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage",
	"Mention", "Hashtag", "Emoji", "Link", "PropertyValue", "Key", "CryptographicKey",
	"Place", "Profile", "Relationship", "IdentityProof", "Listen", "View", "Join", "Leave", "Read",
	"Invite", "Offer", "Lock", "Arrive", "Travel", "Ignore", "TentativeAccept", "TentativeReject",
}

// Known reports whether the type is one that has a meaning here.
func (o *Object) Known() bool { return slices.Contains(known, o.Type) }

// IsActor reports whether the document is of somebody who acts.
func (o *Object) IsActor() bool {
	switch o.Type {
	case "Person", "Service", "Group", "Organization", "Application":
		return true
	}
	return false
}

// Embedded reports whether more than an id is known of o.
func (o *Object) Embedded() bool { return o != nil && o.Raw != nil }

// ObjectID is the id of what an activity is about.
func (o *Object) ObjectID() string {
	if o.Object == nil {
		return ""
	}
	return o.Object.ID
}

// Recipients are all that the document is addressed to.
func (o *Object) Recipients() []string { return slices.Concat(o.To, o.Cc, o.Audience) }

// Language is the one the author said he wrote in, if he did.
func (o *Object) Language() string { return o.Spoken }

// Key is the actor's key of that id, or nil.
func (o *Object) Key(id string) *KeyDocument {
	for _, k := range slices.Concat(o.PublicKeys, o.AssertionMethods) {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// ParseObject reads a document. It refuses only what is not a JSON object in
// valid UTF-8 of bearable depth; a field of a strange shape is ignored. The
// result keeps raw.
func ParseObject(raw []byte) (*Object, error) {
	if len(raw) > documentLimit {
		return nil, fault.New(fault.TooLarge, "The document is too large")
	}
	r, err := newReader(raw)
	if err != nil {
		return nil, err
	}
	if r.peek() != '{' {
		return nil, fault.New(fault.BadRequest, "The document is not a JSON object")
	}
	o := r.object()
	if r.full {
		return nil, fault.New(fault.BadRequest, "The document holds too many objects")
	}
	return o, nil
}

// object reads an embedded object or, from a string, one of which only the id
// is known. It is nil for anything else.
func (r *reader) object() *Object {
	c := r.peek()
	if c != '{' && c != '"' || r.full {
		r.skip()
		return nil
	}
	if r.objects++; r.objects > maxObjects {
		r.full = true
		r.skip()
		return nil
	}
	o := &Object{}
	if c == '"' {
		o.ID = r.text()
		return o
	}
	start := r.pos
	r.members(func(key string) { r.field(o, key) })
	o.Raw = r.data[start:r.pos:r.pos]
	o.settle()
	return o
}

func (r *reader) objectList() []*Object {
	var out []*Object
	r.elements(func() {
		if o := r.object(); o != nil {
			out = append(out, o)
		}
	})
	return out
}

// firstObject is for what should be one and may be a list.
func (r *reader) firstObject() *Object {
	if list := r.objectList(); len(list) > 0 {
		return list[0]
	}
	return nil
}

// field reads one member. The most frequent come first.
func (r *reader) field(o *Object, key string) {
	switch key {
	case "id":
		o.ID = r.text()
	case "type":
		o.Types = r.types()
	case "actor":
		o.Actor = r.ref()
	case "object":
		o.Objects = r.objectList()
	case "target":
		o.Target = r.ref()
	case "result":
		o.Result = r.ref()
	case "attributedTo":
		o.AttributedTo = r.ref()
	case "to":
		o.To = r.refs()
	case "cc":
		o.Cc = r.refs()
	case "audience":
		o.Audience = r.refs()
	case "published":
		o.Published = r.time()
	case "updated":
		o.Updated = r.time()
	case "inReplyTo":
		o.InReplyTo = r.ref()
	case "url":
		o.URLs = r.links()
	case "tag":
		o.Tag = r.tags()
	case "attachment":
		o.Attachment = r.attachments()
	case "replies":
		o.Replies = r.firstObject()
	case "sensitive":
		o.Sensitive = r.truth()
	case "mediaType":
		o.MediaType = r.text()
	case "conversation":
		o.Conversation = r.ref()
	case "context":
		o.Context = r.ref()
	default:
		if !r.textField(o, key) && !r.eventField(o, key) && !r.actorField(o, key) && !r.collectionField(o, key) {
			r.skip()
		}
	}
}

func (r *reader) textField(o *Object, key string) bool {
	switch key {
	case "content":
		r.plain(&o.Content)
	case "contentMap":
		o.ContentMap = r.languages(&o.Content)
	case "summary":
		r.plain(&o.Summary)
	case "summaryMap":
		o.SummaryMap = r.languages(&o.Summary)
	case "name":
		r.plain(&o.Name)
	case "nameMap":
		o.NameMap = r.languages(&o.Name)
	case "source":
		o.Source = r.source()
	case "quote": // FEP-044f
		if q := r.ref(); q != "" {
			o.Quote, o.quotes = q, true
		}
	case "quoteUrl", "quoteUri", "_misskey_quote":
		if q := r.ref(); o.Quote == "" {
			o.Quote = q
		}
	case "quoteAuthorization":
		o.QuoteAuthorization = r.ref()
	case "interactionPolicy":
		r.policy(o)
	case "interactingObject":
		o.InteractingObject = r.ref()
	case "interactionTarget":
		o.InteractionTarget = r.ref()
	case "instrument":
		o.Instrument = r.firstObject()
	case "preview":
		o.Preview = r.firstObject()
	case "_misskey_reaction":
		o.Emoji = r.text()
	case "language":
		o.Spoken = cmp.Or(r.tongue(), o.Spoken)
	case "inLanguage": // Mobilizon
		o.Spoken = cmp.Or(r.tongue(), o.Spoken)
	case "oneOf":
		o.OneOf = r.options()
	case "anyOf":
		o.AnyOf = r.options()
	case "closed":
		o.Closed = r.time()
	case "votersCount":
		o.VotersCount = r.number()
	default:
		return false
	}
	return true
}

func (r *reader) eventField(o *Object, key string) bool {
	switch key {
	case "startTime":
		o.StartTime = r.time()
	case "endTime":
		o.EndTime = r.time()
	case "timezone": // Mobilizon
		o.Timezone = r.text()
	case "location":
		o.Location = r.place()
	case "duration":
		o.Duration = parseDuration(r.text())
	default:
		return false
	}
	return true
}

func (r *reader) actorField(o *Object, key string) bool {
	switch key {
	case "preferredUsername":
		o.PreferredUsername = r.text()
	case "inbox":
		o.Inbox = r.ref()
	case "outbox":
		o.Outbox = r.ref()
	case "followers":
		o.Followers = r.ref()
	case "following":
		o.Following = r.ref()
	case "featured":
		o.Featured = r.ref()
	case "featuredTags":
		o.FeaturedTags = r.ref()
	case "endpoints":
		o.Endpoints.SharedInbox = cmp.Or(r.member("sharedInbox"), o.Endpoints.SharedInbox)
	case "sharedInbox": // Discourse has it outside
		o.Endpoints.SharedInbox = cmp.Or(o.Endpoints.SharedInbox, r.ref())
	case "publicKey":
		o.PublicKeys = r.keys()
	case "assertionMethod":
		o.AssertionMethods = r.keys()
	case "generator":
		o.Generator, o.Implements = r.generator()
	case "icon":
		o.Icon = r.picture()
	case "image":
		o.Image = r.picture()
	case "manuallyApprovesFollowers":
		o.ManuallyApprovesFollowers = r.truth()
	case "discoverable":
		o.Discoverable = r.truth()
	case "indexable":
		o.Indexable = r.truth()
	case "memorial":
		o.Memorial = r.truth()
	case "suspended":
		o.Suspended = r.truth()
	case "showFeatured":
		o.HideFeatured = r.text() == "false"
	case "showMedia":
		o.HideMedia = r.text() == "false"
	case "showRepliesInMedia":
		o.HideMediaReplies = r.text() == "false"
	case "alsoKnownAs":
		o.AlsoKnownAs = bounded(r.refs(), maxAliases)
	case "movedTo":
		o.MovedTo = r.ref()
	case "owner", "controller":
		o.Owner = r.ref()
	case "publicKeyPem":
		o.PublicKeyPEM = r.text()
	default:
		return false
	}
	return true
}

func (r *reader) collectionField(o *Object, key string) bool {
	switch key {
	case "first":
		o.First = r.firstObject()
	case "next":
		o.Next = r.ref()
	case "items", "orderedItems":
		o.Items = append(o.Items, r.objectList()...)
	case "totalItems":
		o.TotalItems = r.number()
	default:
		return false
	}
	return true
}

// types strips the prefixes that JSON-LD permits: of ActivityStreams always,
// and of other vocabularies from the types that are known here.
func (r *reader) types() []string {
	types := r.refs()
	for i, t := range types {
		t = strings.TrimPrefix(t, "as:")
		t = strings.TrimPrefix(t, "https://www.w3.org/ns/activitystreams#")
		if local := t[strings.LastIndexAny(t, ":#/")+1:]; slices.Contains(known, local) {
			t = local
		}
		types[i] = t
	}
	return types
}

// settle fills what follows from the fields once all are read, whatever their
// order was.
func (o *Object) settle() {
	for _, t := range o.Types {
		if slices.Contains(known, t) {
			o.Type = t
			break
		}
	}
	if o.Type == "" && len(o.Types) > 0 {
		o.Type = o.Types[0]
	}
	if len(o.Objects) > 0 {
		o.Object = o.Objects[0]
	}
	if len(o.PublicKeys) > 0 {
		o.PublicKey = o.PublicKeys[0]
	}
	o.URL = forPeople(o.URLs)
	o.Spoken = cmp.Or(o.Spoken, spoken(o.ContentMap, o.Content), spoken(o.NameMap, o.Name), spoken(o.SummaryMap, o.Summary))
	if len(o.Spoken) > 35 || o.Spoken == "und" || !language.MatchString(o.Spoken) {
		o.Spoken = ""
	}
	for _, t := range o.Tag {
		if o.Quote == "" && t.quotes() { // FEP-e232
			o.Quote = t.Href
		}
	}
	o.QuoteLegacy = o.Quote != "" && !o.quotes
	if o.IsActor() {
		o.Name = shorten(o.Name, maxName)
		o.Summary = shorten(o.Summary, maxBio)
		o.Attachment = bounded(o.Attachment, maxFields)
		for i := range o.Attachment {
			a := &o.Attachment[i]
			a.Name, a.Value = shorten(a.Name, maxName), shorten(a.Value, maxName)
		}
	}
}
