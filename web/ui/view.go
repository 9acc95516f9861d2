package ui

import (
	"html/template"
	"time"

	"parley/auth"
	"parley/internal/store"
)

// Page is what every page has around its content.
type Page struct {
	Title       string
	Node        string
	Active      string // the entry of the navigation that is lit
	Who         *ViewAccount
	Guises      []ViewGuise   // as whom they can act, themselves first; none for most
	Devices     []ViewSession // that signed in as the reader for the first time
	Acting      bool          // as a shared account, at the moment
	Unread      int
	Stream      string // what arrives live, empty for only the unread count
	Flash       string // what the last action did
	Description string // for previews elsewhere; empty keeps the page out of search engines
	Canonical   string
	Body        any

	powers auth.Powers // of who looks
	path   string      // of this page
}

// ViewGuise is whom the reader can act as.
type ViewGuise struct {
	ID     string
	Name   string
	Handle string
	Own    bool // the reader's own account
	Now    bool
}

// ViewAccount is somebody, as a page shows them.
type ViewAccount struct {
	ID       string
	Name     string
	Handle   string // @bob or @bob@host
	Link     string // their page here
	Original string // their page at home, if they live elsewhere
	Avatar   string
	Header   string
	Note     template.HTML
	Fields   []ViewField
	Badge    string // bot, group, role; empty for a person like most
	Host     string // where they live; empty for here
	Own      bool   // the host is one of the organisation's
	Joined   time.Time

	Posts, Followers, Following int64

	Self        bool
	Locked      bool
	IsFollowed  bool
	IsRequested bool
	FollowsYou  bool
	IsMuted     bool
	IsBlocked   bool

	drawn
}

// ViewField is a line of a profile.
type ViewField struct {
	Name     string
	Value    template.HTML
	Verified bool
}

// ViewPost is a post, as a page shows it.
type ViewPost struct {
	ID        string
	Link      string
	Original  string // the post at home, if it was written elsewhere
	Author    ViewAccount
	BoostedBy *ViewAccount
	ReplyTo   string // handle
	ReplyLink string
	Spoiler   string
	Sensitive bool
	Content   template.HTML
	Language  string
	Media     []ViewMedia
	Poll      *ViewPoll
	Quote     *ViewQuote
	Card      *ViewCard // what the page says that it links to

	Visibility string // public, unlisted, private, direct
	Audience   string // the visibility and scope in words
	Posted     time.Time
	Edited     time.Time
	HeldUntil  time.Time // not sent yet

	Replies, Boosts, Favourites int64

	Favourited, Boosted, Bookmarked bool
	CanBoost                        bool
	CanQuote                        bool // or ask for leave to
	Mine                            bool
	SignedIn                        bool // the reader can act on it
	Focused                         bool // the one a thread page is about
	ActedBy                         string

	drawn
}

// ViewQuote is what a post quotes, or why that is not shown.
type ViewQuote struct {
	Post *ViewPost
	Why  string
}

// ViewCard is what a linked page says of itself.
type ViewCard struct {
	Link        string
	Title       string
	Description string
	Provider    string
	Image       string
	Alt         string
}

// ViewMedia is an attachment.
type ViewMedia struct {
	ID            string
	Kind          string // image, video, audio, unknown
	Link          string
	Preview       string
	Description   string
	Width, Height int
}

// ViewPoll is the poll of a post, as a page shows it.
type ViewPoll struct {
	Options  []ViewOption
	Multiple bool
	Open     bool // the reader can vote
	Over     bool
	Hidden   bool // nobody sees the counts before the end
	Voters   int64
	Ends     time.Time
}

// ViewOption is one of the answers.
type ViewOption struct {
	Choice  int
	Title   string
	Votes   int64
	Percent int64
	Chosen  bool
}

// ViewNotification is something that happened to the reader.
type ViewNotification struct {
	ID   string
	Kind string // mention, favourite, boost, follow, follow_request, update, ...
	Who  ViewAccount
	When time.Time
	Post *ViewPost
	New  bool
	// Subject is the page of the collection that it is about.
	Subject string
	// Reaction is the emoji of a favourite, empty for a mere one.
	Reaction template.HTML
	// Excerpt is the beginning of the post in plain text.
	Excerpt string
}

// Option is an entry of a select.
type Option struct {
	Value    string
	Label    string
	Hint     string
	Selected bool
}

// Timeline is the body of the pages that list posts.
type Timeline struct {
	Heading  string
	Lead     string
	Posts    []ViewPost
	Older    string // link to the next page
	Empty    string
	Composer *Composer

	Announcements []ViewAnnouncement // that the reader has not read
}

// Notifications is the body of the page of that name.
type Notifications struct {
	Items []ViewNotification
	Older string
}

// Thread is the body of a post's page.
type Thread struct {
	Above    []ViewPost
	Post     ViewPost
	Below    []ViewPost
	Composer *Composer // nil for who may not answer
}

// Profile is the body of somebody's page.
type Profile struct {
	Account ViewAccount
	MovedTo *ViewAccount // nil for most
	RunBy   *ViewAccount // who answers for a bot; told to people of this node
	InPlace *ViewAccount // who answers for somebody who has left
	Tags    []string     // that they show
	Posts   []ViewPost
	Pinned  []ViewPost
	Older   string
	Tab     string // posts, replies, media, tagged
}

// People is the body of a list of accounts.
type People struct {
	Heading  string
	Lead     string
	By       string // whose recommendation it is; empty for most lists
	Back     string
	Accounts []ViewAccount
	Older    string
	Empty    string
	Requests bool // each may be accepted or refused
}

// Search is the body of the search page.
type Search struct {
	Query    string
	Accounts []ViewAccount
	Tags     []string
	Posts    []ViewPost
	Older    string
	Done     bool // something was searched for
}

// Composer is the form that a post is written in, new or again.
type Composer struct {
	Action    string
	Edit      bool
	ReplyTo   *ViewPost
	Quote     *ViewPost
	Text      string
	Spoiler   string
	Sensitive bool
	Max       int
	Error     string

	Visibilities []Option // the hint is how long a post for it waits before it is sent
	Languages    []Option
	Later        *Later // nil where it cannot wait for a time
	Pictures     []int  // a row for each file that may be attached
	Accept       string // their types
	Clips        bool   // videos and sounds are among them
	Options      []int  // a row for each option of a poll, none where there cannot be one
	Attached     []ViewMedia
	Key          string // makes sending twice one post
	Me           string // as whom it was begun
	As           string // the handle of the shared account that it is for
	Compact      bool
}

// Later is when a post is published, as the composer asks it.
type Later struct {
	At    time.Time // zero for now
	Draft bool
}

// Open reports whether something is chosen.
func (l *Later) Open() bool { return l.Draft || !l.At.IsZero() }

// Scheduled is the body of the page of what waits for its time.
type Scheduled struct {
	Posts []ViewScheduled
	Older string
}

// ViewScheduled is a post that waits.
type ViewScheduled struct {
	ID       string
	Excerpt  string
	Audience string
	At       time.Time
	Draft    bool
	Problem  string // why it was not published at its time
	Pictures int64
	Poll     bool
	ReplyTo  bool
}

// Compose is the body of the page with only a composer.
type Compose struct {
	Heading  string
	Composer *Composer
}

// Confirm asks before something is done that cannot be undone.
type Confirm struct {
	Heading string
	Text    string
	Action  string
	Button  string
	Back    string
	Post    *ViewPost
}

// Welcome is the body of the front page for who is not signed in.
type Welcome struct {
	Description string
	People      int64
	Posts       []ViewPost
}

// Settings is the body of the page where people describe themselves.
type Settings struct {
	Account      ViewAccount
	Note         string
	Fields       []Option // Label is the name, Value what it says
	Locked       bool
	Bot          bool
	Discoverable bool
	Indexable    bool
	Private      bool // whom one follows, and who follows one
	Tags         []string
	Visibilities []Option

	AvatarDescription, HeaderDescription string

	Languages []Option
	Holds     []Option
	Aliases   []string
	MovedTo   string // a URI, empty for most
	Handle    string // the user name alone
	NamedBy   string // the provider that gives it; empty: the person may

	Directory store.Directory // what of the profile is not the reader's to change
}

// Failure is the body of the error page.
type Failure struct {
	Status  int
	Message string
}

// OwnerPages is the body of the owner's pages, one tab at a time.
type OwnerPages struct {
	Tab      string // accounts, partners, deliveries
	Accounts []OwnerAccount
	Find     string
	Partners []OwnerPartner
	Mode     string // how strangers are treated: allowlist or open
	Queue    []OwnerDelivery
	States   []Option
	Older    string

	Host      string // only whose deliveries are listed
	Dead      bool
	Hosts     []OwnerHost
	MoreHosts string
}

// Reports is the body of the list of reports.
type Reports struct {
	Items   []ViewReport
	Settled bool
	Older   string
}

// ViewReport is what somebody wants moderators to look at.
type ViewReport struct {
	ID       string
	By       ViewAccount
	About    ViewAccount
	Category string
	Comment  string
	Posts    []ViewPost
	Hidden   int // posts that are gone or not to be seen by the reader
	Assigned *ViewAccount
	Resolved time.Time
	Made     time.Time
	Passed   bool // on to the other node
}

// OneReport is the body of a report's page.
type OneReport struct {
	Report    ViewReport
	Notes     []ViewNote
	MayAct    bool
	MayChange bool // the account that it is about
	Suspended bool
	Limited   bool
}

// ViewNote is what a moderator wrote below a report.
type ViewNote struct {
	By   ViewAccount
	Text string
	When time.Time
}

// OwnerAccount is a local person as the owner sees them.
type OwnerAccount struct {
	Account  ViewAccount
	Email    string
	Role     string
	Extra    string // permissions beyond the role
	State    string // active, suspended, deprovisioned, erased
	SignedIn time.Time
	Joined   time.Time
	You      bool
}

// OwnerPartner is a domain and its policy.
type OwnerPartner struct {
	Domain       string
	Policy       string // allow, limit, block
	Organisation bool
	Comment      string
	Since        time.Time
}

// OwnerHost is another node that does not take what we send.
type OwnerHost struct {
	Host     string
	State    string // failing, unavailable
	Failures int
	Error    string
	Since    time.Time
	Answered time.Time // last
	Probe    time.Time // next
}

// OwnerDelivery is an activity's way to one inbox.
type OwnerDelivery struct {
	ID       string
	Kind     string
	Host     string
	State    string // pending, done, dead
	Attempts int
	Status   int
	Error    string
	Made     time.Time
	Next     time.Time
}
