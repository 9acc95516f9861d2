package ui

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/actors"
	"parley/auth"
	"parley/auth/scim"
	"parley/inbox"
	"parley/internal/fault"
	"parley/internal/health"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/store"
	"parley/outbox"
	"parley/partners"
)

// UI answers browsers.
type UI struct {
	Read     store.Reader
	Auth     *auth.Auth
	SCIM     *scim.SCIM
	About    *about.About
	Actors   *actors.Actors
	Outbox   *outbox.Outbox
	Inbox    *inbox.Inbox
	Notify   *notify.Notify
	Partners *partners.Partners
	Streams  *notify.Streams
	Remote   *media.Remote
	Health   *health.Health

	URL    string // public, without a slash at its end
	Domain string // what stands behind the @ of our handles
	Title  string

	ShowActedBy bool // whether people here see who wrote a post of a shared account
	Log         *slog.Logger
}

// Entry says whom a route is for. The front door sees to it.
type Entry int

// The entries.
const (
	Anyone  Entry = iota // files
	Visitor              // any browser; who is signed in shows more
	Session              // signed in
)

// Route is one way in, for the front door's list.
type Route struct {
	Method  string
	Path    string
	Entry   Entry
	Needs   auth.Permission // which only some of those who are signed in have; empty: none
	Handler gin.HandlerFunc
}

// Routes are the ways into this room.
func (u *UI) Routes() []Route {
	page := func(method, path string, entry Entry, handler func(*gin.Context) error) Route {
		return Route{method, path, entry, "", u.page(handler)}
	}
	only := func(method, path string, needs auth.Permission, handler func(*gin.Context) error) Route {
		return Route{method, path, Session, needs, u.page(handler)}
	}
	return []Route{
		{"GET", static + "*file", Anyone, "", gin.WrapF(Static)},

		page("GET", "/", Visitor, u.Home),
		page("GET", "/local", Session, u.Local),
		page("GET", "/bookmarks", Session, u.Bookmarks),
		page("GET", "/tags/:tag", Visitor, u.Tag),
		page("GET", "/notifications", Session, u.Notifications),
		page("GET", "/requests", Session, u.Requests),
		page("GET", "/search", Session, u.Search),
		page("GET", "/compose", Session, u.Compose),
		page("GET", "/scheduled", Session, u.Scheduled),
		page("GET", "/scheduled/:id", Session, u.ScheduledPage),
		page("GET", "/scheduled/:id/delete", Session, u.UnschedulePage),
		page("POST", "/scheduled/:id", Session, u.Reschedule),
		page("POST", "/scheduled/:id/delete", Session, u.Unschedule),
		page("POST", "/scheduled/:id/send", Session, u.PublishNow),
		page("GET", "/settings", Session, u.Settings),
		page("GET", "/auth/edit", Visitor, func(c *gin.Context) error { return see(c, "/settings") }), // where client apps look for them
		page("POST", "/settings", Session, u.SaveSettings),
		page("POST", "/settings/name", Session, u.Rename),

		page("GET", "/@:name", Visitor, u.Profile),
		page("GET", "/@:name/followers", Session, u.Followers),
		page("GET", "/@:name/following", Session, u.Following),
		page("GET", "/@:name/:id", Visitor, u.Thread),
		page("GET", "/collections/:id", Visitor, u.Collection),

		page("GET", "/ui/events", Session, u.Events),
		page("POST", "/ui/act_as", Session, u.ActAs),
		page("POST", "/ui/devices/:id/:act", Session, u.AnswerForDevice),
		page("POST", "/ui/posts", Session, u.Post),
		page("GET", "/ui/posts/:id/edit", Session, u.EditPage),
		page("GET", "/ui/posts/:id/delete", Session, u.DeletePage),
		page("POST", "/ui/posts/:id/edit", Session, u.Edit),
		page("POST", "/ui/posts/:id/delete", Session, u.Delete),
		page("POST", "/ui/posts/:id/:act", Session, u.ActOnPost),
		page("POST", "/ui/accounts/:id/:act", Session, u.ActOnAccount),
		page("POST", "/ui/requests/:id/:act", Session, u.Answer),

		only("GET", "/owner", auth.SeeAccounts, u.OwnerAccounts),
		only("GET", "/owner/accounts/:id", auth.SeeAccounts, u.OwnerAccountPage),
		only("GET", "/owner/health", auth.SeeMeasures, u.OwnerHealthPage),
		only("GET", "/owner/identity", auth.SeeIdentity, u.OwnerIdentityPage),
		only("POST", "/owner/identity/:provider/test", auth.ManageIdentity, u.TestProvider),
		only("POST", "/owner/identity/:provider/tokens", auth.ManageIdentity, u.MakeDirectoryToken),
		only("POST", "/owner/directories/:id/revoke", auth.ManageIdentity, u.RevokeDirectoryToken),
		only("GET", "/owner/identity/:provider/rules", auth.SeeIdentity, u.OwnerRulesPage),
		only("POST", "/owner/identity/:provider/rules", auth.SeeIdentity, u.TryRules), // it changes nothing
		only("POST", "/owner/accounts/:id/identities", auth.ManageIdentity, u.ChangeIdentity),
		only("GET", "/owner/audit", auth.SeeAudit, u.OwnerAuditPage),
		only("GET", "/owner/partners", auth.SeeFederation, u.OwnerPartners),
		only("GET", "/owner/deliveries", auth.SeeFederation, u.OwnerDeliveries),
		only("POST", "/owner/accounts/:id/:act", auth.ManageAccounts, u.ChangeAccount),
		only("POST", "/owner/accounts/:id/role", auth.AssignRoles, u.GivePowers),
		only("POST", "/owner/accounts/:id/delete", auth.DeleteAccounts, u.DeleteAccount),
		only("POST", "/owner/partners", auth.ManageFederation, u.ChangePartner),
		only("POST", "/owner/partners/forget", auth.DeleteFederation, u.ForgetPartner),
		only("POST", "/owner/deliveries/:id/retry", auth.ManageFederation, u.Retry),
		only("POST", "/owner/hosts/retry", auth.ManageFederation, u.RetryHost),
		only("GET", "/owner/accounts/:id/delete", auth.DeleteAccounts, u.DeleteAccountPage),
		only("POST", "/owner/elsewhere", auth.ManageAccounts, u.ChangeElsewhere),
		only("POST", "/owner/partners/restore", auth.ManageFederation, u.RestorePartner),

		only("GET", "/owner/about", auth.ManageNode, u.OwnerAbout),
		only("POST", "/owner/about", auth.ManageNode, u.SaveAbout),
		only("POST", "/owner/about/terms", auth.ManageNode, u.SaveTerms),
		only("GET", "/owner/announcements", auth.ManageNode, u.OwnerAnnouncements),
		only("POST", "/owner/announcements", auth.ManageNode, u.Announce),
		only("POST", "/owner/announcements/:id/withdraw", auth.ManageNode, u.Withdraw),
		only("GET", "/owner/emoji", auth.ManageNode, u.OwnerEmojis),
		only("POST", "/owner/emoji", auth.ManageNode, u.SetEmoji),
		only("POST", "/owner/emoji/:shortcode/drop", auth.ManageNode, u.DropEmoji),

		only("GET", "/owner/integrations", auth.ManageIntegrations, u.Integrations),
		only("POST", "/owner/shared", auth.ManageIntegrations, u.MakeShared),
		only("POST", "/owner/shared/:id/members", auth.ManageIntegrations, u.ChangeMembers),
		only("POST", "/owner/bots", auth.ManageIntegrations, u.MakeBot),
		only("POST", "/owner/bots/:id/tokens", auth.ManageIntegrations, u.MakeBotToken),
		only("POST", "/owner/bots/:id/tokens/:token/revoke", auth.ManageIntegrations, u.RevokeBotToken),

		page("GET", "/about", Visitor, u.AboutPage),
		page("GET", "/privacy-policy", Visitor, u.Privacy),
		page("GET", "/terms-of-service", Visitor, u.Terms),
		page("POST", "/ui/announcements/:id/read", Session, u.ReadAnnouncement),

		only("GET", "/reports", auth.SeeReports, u.Reports),
		only("GET", "/reports/:id", auth.SeeReports, u.Report),
		only("POST", "/reports/:id/note", auth.ActOnReport, u.NoteReport),
		only("POST", "/reports/:id/posts/:post/delete", auth.ActOnReport, u.TakeDown),
		only("POST", "/reports/:id/:act", auth.ActOnReport, u.Judge),

		page("GET", "/settings/access", Session, u.AccessPage),
		page("POST", "/settings/access/apps/:id/end", Session, u.EndGrant),
		page("POST", "/settings/access/sessions/:id/end", Session, u.EndSession),
		page("POST", "/settings/tags", Session, u.SetTag),
		page("POST", "/settings/aliases", Session, u.SetAlias),
		page("POST", "/settings/move", Session, u.Move),
	}
}

// page is a handler whose errors become pages.
func (u *UI) page(handler func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.IsAborted() {
			return
		}
		if err := handler(c); err != nil {
			u.Fail(c, err)
		}
	}
}

// Fail answers with the error page. What a reader is not shown is in the log.
func (u *UI) Fail(c *gin.Context, err error) {
	kind := fault.Of(err)
	if kind == fault.Internal {
		u.Log.ErrorContext(c.Request.Context(), "page failed", "path", c.Request.URL.Path, "error", err)
	}
	if c.Writer.Written() {
		return
	}
	message := fault.Message(err)
	if kind == fault.NotFound {
		message = "This does not exist, or it is not for you."
	}
	p := Page{Node: u.Title, Title: "Error", Body: Failure{Status: int(kind), Message: message}}
	if who, err := u.shell(c); err == nil {
		who.Title, who.Body = p.Title, p.Body
		p = who
	}
	if err := Render(c.Writer, int(kind), "error", p); err != nil {
		u.Log.ErrorContext(c.Request.Context(), "error page failed", "error", err)
	}
}

// shell is a page without its content: who looks, and what waits for them.
func (u *UI) shell(c *gin.Context) (Page, error) {
	p := Page{Node: u.Title, Flash: flashes[c.Query("done")]}
	who := auth.WhoIs(c.Request.Context())
	if !who.Somebody() {
		return p, nil
	}
	r := u.reader(c)
	me, err := r.Actor(who.ActorID)
	if err != nil {
		return p, err
	}
	unread, err := r.UnreadNotifications(me.ID, 99, store.NotificationQuery{})
	if err != nil {
		return p, err
	}
	if p.Guises, err = u.guises(c, who); err != nil {
		return p, err
	}
	if p.Devices, err = u.newDevices(r, who); err != nil {
		return p, err
	}
	p.Acting = who.ActedBy != 0
	view := u.account(me)
	view.Self = true
	p.Who, p.Unread, p.powers, p.path = &view, int(unread), who.Powers, c.Request.URL.Path
	return p, nil
}

// flashes are what a page may say about the action that led to it. The
// address holds only the key, so that nobody can make a page say anything.
var flashes = map[string]string{
	"saved": "Saved.", "deleted": "Deleted.", "posted": "Posted.", "held": "Kept back for now. It goes out by itself.",
	"scheduled": "It goes out at its time.", "draft": "Kept as a draft. Only you see it.",
	"revoked": "The token is worth nothing any more.",
	"retried": "It is tried again now.", "partner": "The policy holds from now on.", "account": "Changed.",
	"disconnected": "The app cannot act for you any more.", "signed-out": "That browser is signed out.",
	"device": "Kept.", "device-ended": "It is signed out, and the apps that were connected since are disconnected.",
	"report": "Done.", "token": "The token has ended.", "shared": "Changed.", "acting": "You act as this account now.", "moved": "Your followers are told where you went.", "restored": "The follows are taken up again.",
}

// show answers with a page.
func (u *UI) show(c *gin.Context, name, title, active string, body any, also ...func(*Page)) error {
	return u.showStatus(c, http.StatusOK, name, title, active, body, also...)
}

func (u *UI) showStatus(c *gin.Context, status int, name, title, active string, body any, also ...func(*Page)) error {
	p, err := u.shell(c)
	if err != nil {
		return err
	}
	p.Title, p.Active, p.Body = title, active, body
	for _, change := range also {
		change(&p)
	}
	return Render(c.Writer, status, name, p)
}

func stream(name string) func(*Page) { return func(p *Page) { p.Stream = name } }

// part answers with a piece of a page.
func (u *UI) part(c *gin.Context, name string, data any) error {
	body, err := Part(name, data)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "private, no-store")
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(body))
	return nil
}

// inPlace reports whether the script asks, and wants a piece of a page.
func inPlace(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }

// back goes to where the reader was, on this node only.
func back(c *gin.Context, otherwise string) error {
	from, err := url.Parse(c.Request.Referer())
	if err == nil && from.Host == c.Request.Host && strings.HasPrefix(from.Path, "/") && !strings.HasPrefix(from.Path, "//") {
		otherwise = from.RequestURI()
	}
	return see(c, otherwise)
}

func see(c *gin.Context, path string) error {
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

func viewer(c *gin.Context) int64 { return auth.WhoIs(c.Request.Context()).ActorID }

func (u *UI) reader(c *gin.Context) store.Reader { return u.Read.With(c.Request.Context()) }

var errNotFound = fault.New(fault.NotFound, "Record not found")

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// perPage is how many posts or people a page shows.
const perPage = 20

func pageOf(c *gin.Context) store.Page {
	return store.Page{Max: number(c.Query("max_id")), Limit: perPage}
}

// older is the address of the page after this one, if this one is full.
func older(c *gin.Context, full bool, last int64) string {
	if !full {
		return ""
	}
	q := c.Request.URL.Query()
	q.Del("done")
	q.Set("max_id", id(last))
	return c.Request.URL.EscapedPath() + "?" + q.Encode()
}

// nothing is what an empty list says, which on a later page is its end.
func nothing(c *gin.Context, text string) string {
	if c.Query("max_id") != "" {
		return "That is all."
	}
	return text
}
