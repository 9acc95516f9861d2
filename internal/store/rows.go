package store

import (
	"slices"
	"strings"
)

// Visibility of a post, in Mastodon's words.
type Visibility string

// The visibilities.
const (
	Public   Visibility = "public"
	Unlisted Visibility = "unlisted"
	Private  Visibility = "private" // followers
	Direct   Visibility = "direct"  // who is mentioned
)

// Scope is how far a post may travel, apart from its visibility.
type Scope string

// The scopes, narrow to wide. Until partners have terms to tell them apart by,
// whatever is not for the world stays on this node.
const (
	Here         Scope = "here"
	Organisation Scope = "organisation"
	Partners     Scope = "partners"
	World        Scope = "world"
)

// Lifecycle is the state of an account. The four are never mixed.
type Lifecycle string

// The states of an account.
const (
	Active        Lifecycle = "active"
	Suspended     Lifecycle = "suspended"     // by a moderator; hidden
	Deprovisioned Lifecycle = "deprovisioned" // has left; no access, record kept
	Erased        Lifecycle = "erased"
)

// Actor is anybody who can act, here or on another node.
type Actor struct {
	ID                int64 `gorm:"primaryKey;autoIncrement:false"`
	URI               string
	Kind              string // Person, Service, Group, Application, Organization
	Username          string
	Domain            string // handle domain; empty for ours
	Host              string // of the URI of a remote one: policies are about that
	DisplayName       string
	Note              string // sanitised HTML
	NoteSource        string
	URL               string
	InboxURI          string
	SharedInboxURI    string
	OutboxURI         string
	FollowersURI      string
	FollowingURI      string
	FeaturedURI       string
	FeaturedTagsURI   string
	Avatar            string // path below media, or a remote URL
	Header            string
	AvatarDescription string
	HeaderDescription string
	Fields            []Field  `gorm:"serializer:list"`
	Emojis            []Emoji  `gorm:"serializer:list"`
	AlsoKnownAs       []string `gorm:"serializer:list"`
	Attributions      []string `gorm:"serializer:list"` // sites that may name them as an author
	MovedToURI        string
	SuccessorID       int64 // who answers for one of ours that is closed
	Locked            bool
	Bot               bool
	Discoverable      bool
	Indexable         bool
	HideCollections   bool // whom they follow, and who follows them
	HideFeatured      bool // no tab for what they feature
	HideMedia         bool // no tab for files
	HideMediaReplies  bool // no answers in it
	Memorial          bool
	SuspendedThere    bool // by their own node, as long as it says so
	DomainBlocked     bool // by our policy for the host
	Lifecycle         Lifecycle
	Limited           bool // by our policy for the host, or AccountLimited
	AccountLimited    bool // by a moderator, this one alone
	MovedAt           Time // when the followers were last moved
	StatusesCount     int64
	FollowersCount    int64
	FollowingCount    int64
	LastStatusAt      Time
	Revision          int64
	CreatedAt         Time `gorm:"autoCreateTime:false"`
	UpdatedAt         Time `gorm:"autoUpdateTime:false"`
	FetchedAt         Time
	FeaturedAt        Time // when we last asked what they feature
}

// The kinds of local accounts that nobody signs in to.
const (
	SharedKind = "Organization" // several people act as it
	BotKind    = "Service"      // programs do
)

// Local reports whether the actor is one of ours.
func (a *Actor) Local() bool { return a.Domain == "" }

// Shared reports whether it is an account of ours that several people act as.
func (a *Actor) Shared() bool { return a.Local() && a.Kind == SharedKind }

// Robot reports whether it is a service account of ours, and no person who says
// of their account that it is a bot.
func (a *Actor) Robot() bool { return a.Local() && a.Kind == BotKind }

// Impersonal reports whether it is one of ours that nobody signs in to.
func (a *Actor) Impersonal() bool { return a.Shared() || a.Robot() }

// Hidden reports whether nothing of the actor is shown to anybody.
func (a *Actor) Hidden() bool {
	return a.SuspendedThere || a.DomainBlocked || a.Lifecycle == Suspended || a.Lifecycle == Erased
}

// Absent reports whether it is not even shown that there is such an actor.
func (a *Actor) Absent() bool { return a.DomainBlocked || a.Lifecycle == Erased }

// Reachable reports whether somebody can be there to read and answer.
func (a *Actor) Reachable() bool {
	return a.Lifecycle == Active && !a.Hidden() && a.Kind != "Application"
}

// Succeeded reports whether it is one of ours that is closed, in whose place
// somebody may answer.
func (a *Actor) Succeeded() bool {
	return a.Local() && a.Lifecycle == Deprovisioned && a.SuccessorID != 0
}

// Moved reports whether the actor has gone to live elsewhere.
func (a *Actor) Moved() bool { return a.MovedToURI != "" }

// Acct is the handle as clients show it: bare for ours, user@domain else.
func (a *Actor) Acct() string {
	if a.Domain == "" {
		return a.Username
	}
	return a.Username + "@" + a.Domain
}

// Name is what to call the actor in text.
func (a *Actor) Name() string {
	if a.DisplayName != "" {
		return a.DisplayName
	}
	return a.Username
}

// Inbox is where activities for the actor go: the shared inbox if there is one.
func (a *Actor) Inbox() string {
	if a.SharedInboxURI != "" {
		return a.SharedInboxURI
	}
	return a.InboxURI
}

// Field is a line of a profile.
type Field struct {
	Name       string `json:"name"`
	Value      string `json:"value"`  // sanitised HTML
	Source     string `json:"source"` // what its owner wrote
	VerifiedAt Time   `json:"verified_at,omitempty"`
}

// Emoji is a custom emoji.
type Emoji struct {
	Shortcode string `json:"shortcode"`
	URL       string `json:"url"`              // of another node's; a path below media of ours
	Static    string `json:"static,omitempty"` // that does not move, where there is one
}

// Key is a signing key of an actor. Private is set for ours only.
type Key struct {
	KeyID      string `gorm:"primaryKey"`
	ActorID    int64
	Algorithm  string
	PublicKey  string
	PrivateKey string
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	RetiredAt  Time
}

// TableName is the table of Key.
func (Key) TableName() string { return "actor_keys" }

// User is what is known of a local person or service beyond the actor.
type User struct {
	ActorID           int64 `gorm:"primaryKey;autoIncrement:false"`
	Email             string
	Role              string
	Permissions       string // beyond those of the role, separated by spaces
	HoldSeconds       int
	DefaultVisibility Visibility
	DefaultSensitive  bool
	DefaultLanguage   string
	DefaultQuotable   string // public, followers, nobody
	RunBy             int64  // who answers for a bot
	CreatedAt         Time   `gorm:"autoCreateTime:false"`
	SignedInAt        Time
	RenamedAt         Time      // when the person last chose another name
	Directory         Directory `gorm:"serializer:json"`
}

// Directory is what of somebody's profile the organisation's directory says, so
// that the person does not.
type Directory struct {
	Issuer      string  `json:"issuer,omitempty"` // of the provider that says it
	DisplayName string  `json:"display_name,omitempty"`
	Fields      []Field `json:"fields,omitempty"`
	Picture     string  `json:"picture,omitempty"` // where it lies

	PictureTag  string `json:"picture_tag,omitempty"`  // ETag of the one that we have
	PictureHash string `json:"picture_hash,omitempty"` // SHA-256 of it
}

// Account is a local person: the actor and what only we know.
type Account struct {
	Actor Actor
	User  User
}

// Post is a status or, with BoostOfID, a boost of one.
type Post struct {
	ID               int64 `gorm:"primaryKey;autoIncrement:false"`
	URI              string
	URL              string
	ActorID          int64
	ActedBy          int64
	Kind             string
	Local            bool
	Visibility       Visibility
	Scope            Scope
	Label            string
	Listed           bool
	ThreadID         int64
	ConversationURI  string
	ContextURI       string // the thread's collection, FEP-7888
	InReplyToID      int64
	InReplyToURI     string
	InReplyToActorID int64
	BoostOfID        int64
	QuoteOfID        int64
	QuoteOfURI       string
	Quotable         string // who may quote it: public, followers, following
	QuotableManually string // who may ask to
	AudienceURI      string // the group that the post belongs to, FEP-1b12
	Automatic        bool   // nobody wrote it: nothing answers it by itself
	RepliesReadAt    Time   // when the answers to a remote post were last asked for
	Content          string
	Source           string
	Spoiler          string
	Sensitive        bool
	Language         string
	Emojis           []Emoji  `gorm:"serializer:list"`
	Tags             []string `gorm:"serializer:list"`
	AppID            int64
	RepliesCount     int64
	BoostsCount      int64
	FavouritesCount  int64
	QuotesCount      int64
	Version          int
	Revision         int64
	PublishedAt      Time
	ReceivedAt       Time
	EditedAt         Time
	DeletedAt        Time
	HeldUntil        Time
}

// Version is what a post said before an edit.
type Version struct {
	PostID    int64
	Version   int
	Content   string
	Source    string
	Spoiler   string
	Sensitive bool
	Language  string
	Media     []Media  `gorm:"serializer:list"`
	Options   []string `gorm:"serializer:list"` // of its poll
	ActedBy   int64
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// TableName is the table of Version.
func (Version) TableName() string { return "post_versions" }

// Media is a file attached, or about to be attached, to a post. Position is its
// place among the files of the post, -1 if only an earlier version had it.
type Media struct {
	ID            int64 `gorm:"primaryKey;autoIncrement:false"`
	ActorID       int64
	PostID        int64
	ScheduledID   int64 // of the scheduled post that it will hang on
	Position      int
	Kind          string // image, gifv, video, audio, unknown
	Mime          string
	Path          string
	PreviewPath   string
	RemoteURL     string
	Description   string
	Blurhash      string
	Width         int
	Height        int
	PreviewWidth  int
	PreviewHeight int
	FocusX        float64
	FocusY        float64
	Size          int64
	CreatedAt     Time `gorm:"autoCreateTime:false"`

	State         MediaState
	Problem       string // of a failed one
	UploadPath    string // as it came, while it is processed
	Duration      int64  // milliseconds
	FrameRate     string // a fraction
	Bitrate       int64
	AudioCodec    string
	AudioRate     int64
	AudioChannels string
}

// MediaState says whether a file can be shown.
type MediaState string

// The states of a file.
const (
	Ready      MediaState = ""
	Processing MediaState = "processing"
	Failed     MediaState = "failed"
)

// Files are the names under which a file and what belongs to it are kept here.
func (m *Media) Files() []string {
	files := []string{m.Path, m.UploadPath}
	if !strings.Contains(m.PreviewPath, "://") { // else it is another node's
		files = append(files, m.PreviewPath)
	}
	return slices.DeleteFunc(files, func(file string) bool { return file == "" })
}

// TableName is the table of Media.
func (Media) TableName() string { return "media" }

// Mention names an actor in a post.
type Mention struct {
	PostID  int64
	ActorID int64
	Silent  bool
}

// Follow is the wish, or when accepted the fact, that one hears another.
type Follow struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	URI        string
	FollowerID int64
	TargetID   int64
	Accepted   bool
	ShowBoosts bool
	Notify     bool
	Languages  []string `gorm:"serializer:list"`
	CreatedAt  Time     `gorm:"autoCreateTime:false"`
}

// Notification tells a local reader that something happened.
type Notification struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	ReaderID  int64
	Kind      string
	FromID    int64
	PostID    int64
	SubjectID int64  // the report or severance that it is about
	GroupKey  string // empty for what stands alone
	Head      bool   // the newest of its group
	Filtered  bool   // waits until the reader lets its sender in
	CreatedAt Time   `gorm:"autoCreateTime:false"`
}

// Marker is how far a reader has read.
type Marker struct {
	ActorID    int64
	Timeline   string
	LastReadID int64
	Version    int
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// Session is a browser that is signed in.
type Session struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	TokenHash   string
	ActorID     int64
	ActedBy     int64 // the person who acts as the actor, a shared account
	Issuer      string
	ProviderSid string
	IDToken     string
	UserAgent   string
	Address     string
	CreatedAt   Time `gorm:"autoCreateTime:false"`
	SeenAt      Time
	ExpiresAt   Time
	ProvedAt    Time   // when the person last proved who they are
	ACR         string `gorm:"column:acr"` // how, in the provider's words
	DeviceID    int64  // 0: by a one-time link
	EndedAt     Time
}

// SignIn is a sign-in on its way through a provider.
type SignIn struct {
	StateHash   string `gorm:"primaryKey"`
	BrowserHash string
	Provider    string
	Nonce       string
	Verifier    string
	ReturnTo    string
	ExpiresAt   Time
	Fresh       bool // whether it has to bring a new proof
	Trial       bool // whether it only shows what the provider says
}

// Enrolment is somebody who signs in for the first time and still has to choose
// a name.
type Enrolment struct {
	TokenHash   string `gorm:"primaryKey"`
	BrowserHash string
	Provider    string
	Issuer      string
	Subject     string
	Claims      string // JSON
	IDToken     string
	ReturnTo    string
	ExpiresAt   Time

	RefreshToken string
}

// Identity is a person as an identity provider names them.
type Identity struct {
	Issuer    string
	Subject   string
	ActorID   int64
	Claims    string // JSON
	CreatedAt Time   `gorm:"autoCreateTime:false"`

	ExternalID string // what the directory knows the person by

	RefreshToken string // by which the provider is asked again; empty: it is not
	CheckedAt    Time   // when it last said that the person is there
	AskedAt      Time   // when it was last asked
}

// App is a client application.
type App struct {
	ID           int64 `gorm:"primaryKey;autoIncrement:false"`
	ClientID     string
	SecretHash   string
	Name         string
	Website      string
	RedirectURIs string `gorm:"column:redirect_uris"` // one a line
	Scopes       string
	CreatedAt    Time `gorm:"autoCreateTime:false"`
}

// TableName is the table of App.
func (App) TableName() string { return "oauth_apps" }

// Code is an authorization code.
type Code struct {
	CodeHash    string `gorm:"primaryKey"`
	AppID       int64
	ActorID     int64
	ActedBy     int64
	RedirectURI string
	Scopes      string
	Challenge   string
	CreatedAt   Time `gorm:"autoCreateTime:false"`
	ExpiresAt   Time
	UsedAt      Time
	TokenID     int64
	ProvedAt    Time   // when who said yes last proved who they are
	ACR         string `gorm:"column:acr"` // how, in the provider's words
	Issuer      string // to which provider; empty: none
}

// TableName is the table of Code.
func (Code) TableName() string { return "oauth_codes" }

// Token is an access token of a client application.
type Token struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	TokenHash string
	AppID     int64
	ActorID   int64
	ActedBy   int64
	Scopes    string
	Name      string // what a bot's is for
	CreatedAt Time   `gorm:"autoCreateTime:false"`
	UsedAt    Time
	ExpiresAt Time
	RevokedAt Time

	RefreshHash string // of what renews it, empty where nothing does
	SpentHash   string // of what renewed it last

	ProvedAt Time   // as of the Code that it comes from; renewing it changes none of this
	ACR      string `gorm:"column:acr"`
	Issuer   string
}

// TableName is the table of Token.
func (Token) TableName() string { return "oauth_tokens" }

// Activity is one of ours on its way to others. Its body is kept once.
type Activity struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	URI       string
	Kind      string
	ActorID   int64
	ObjectURI string
	Body      string
	CreatedAt Time `gorm:"autoCreateTime:false"`

	ForFollowers bool // of its actor: it says which of them the receiver has
	AlarmAt      Time
}

// Delivery is an activity's way to one inbox.
type Delivery struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	ActivityID int64
	ObjectURI  string
	Inbox      string
	Host       string
	State      string // pending, done, dead
	Attempts   int
	NextAt     Time
	TakenUntil Time // in somebody's hands
	LastStatus int
	LastError  string
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// Host is how another node takes what we send.
type Host struct {
	Host          string    `gorm:"primaryKey"`
	State         HostState // as of the last change
	Failures      int       // tries in vain since it answered last
	FailingSince  Time
	LastSuccessAt Time
	LastFailureAt Time
	NextProbeAt   Time
	LastError     string
	UpdatedAt     Time `gorm:"autoUpdateTime:false"`
}

// HostState is whether a host takes what we send.
type HostState string

// The states of a host. Nothing but a probe goes to one that is unavailable.
const (
	Healthy     HostState = "healthy"
	Failing     HostState = "failing"
	Unavailable HostState = "unavailable"
)

// Partner is the policy for a domain, or with *. for all domains below it.
type Partner struct {
	ID           int64
	Domain       string `gorm:"primaryKey"`
	Policy       string // allow, limit, block
	Organisation bool
	Comment      string
	CreatedAt    Time `gorm:"autoCreateTime:false"`
	UpdatedAt    Time `gorm:"autoUpdateTime:false"`
}

// Severance is a decision that ended follows between our people and others.
type Severance struct {
	ID         int64  `gorm:"primaryKey;autoIncrement:false"`
	Kind       string // domain_block, user_domain_block, account_suspension
	Target     string // domain or handle
	ActorID    int64  // who was suspended, or who blocked the domain
	CreatedAt  Time   `gorm:"autoCreateTime:false"`
	RestoredAt Time
}

// SeveredFollow is a follow that a severance ended, as it was.
type SeveredFollow struct {
	ID          int64 `gorm:"primaryKey;autoIncrement:false"`
	SeveranceID int64
	URI         string
	LocalID     int64
	OtherID     int64
	Ours        bool // the local one followed the other
	ShowBoosts  bool
	Notify      bool
	Languages   []string `gorm:"serializer:list"`
}

// Report is what somebody, or another node, wants moderators to look at.
type Report struct {
	ID         int64 `gorm:"primaryKey;autoIncrement:false"`
	URI        string
	ReporterID int64
	TargetID   int64
	Category   string // spam, legal, violation, other
	Comment    string
	RuleIDs    []string `gorm:"column:rule_ids;serializer:list"`
	Forwarded  bool     // to the node of the target
	AssignedID int64
	ResolvedID int64 // by whom
	ResolvedAt Time
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	UpdatedAt  Time `gorm:"autoUpdateTime:false"`
}

// ReportNote is what a moderator wrote below a report, for the others.
type ReportNote struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	ReportID  int64
	ActorID   int64
	Text      string
	CreatedAt Time `gorm:"autoCreateTime:false"`
}

// AuditLine is one line of the audit trail.
type AuditLine struct {
	Seq          int64 `gorm:"primaryKey;autoIncrement:false"`
	CreatedAt    Time  `gorm:"autoCreateTime:false"`
	ActorID      int64
	ActedBy      int64
	Action       string
	Subject      string
	Detail       string // JSON
	PreviousHash string
	Hash         string
}
