package ui

import (
	"html/template"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/internal/fault"
	"parley/internal/store"
)

// AboutPage is the body of the page that says what this node is.
type AboutPage struct {
	Description string
	Extended    template.HTML // ours: written from plain text
	Email       string
	Contact     string // a user name, empty for none
	Rules       []*store.Rule
	Privacy     bool
	Terms       bool
}

// AboutPage says what this node is and what holds on it.
func (u *UI) AboutPage(c *gin.Context) error {
	r := u.reader(c)
	texts, err := r.NodeTexts()
	if err != nil {
		return err
	}
	rules, err := r.Rules()
	if err != nil {
		return err
	}
	versions, err := r.Terms()
	if err != nil {
		return err
	}
	return u.show(c, "about", "About "+u.Title, "", AboutPage{
		Description: texts[about.Description].Source, Extended: template.HTML(texts[about.ExtendedDescription].Content), //nolint:gosec // text.Render made it
		Email: texts[about.ContactEmail].Source, Contact: strings.TrimPrefix(texts[about.ContactAccount].Source, "@"),
		Rules: rules, Privacy: texts[about.PrivacyPolicy].Source != "", Terms: len(versions) > 0,
	})
}

// Document is the body of a page that is one text.
type Document struct {
	Heading string
	Lead    string
	Text    template.HTML
}

// Privacy is the privacy policy.
func (u *UI) Privacy(c *gin.Context) error {
	texts, err := u.reader(c).NodeTexts()
	if err != nil {
		return err
	}
	said := texts[about.PrivacyPolicy]
	if said.Source == "" {
		return errNotFound
	}
	return u.show(c, "document", "Privacy policy", "", Document{Heading: "Privacy policy", Lead: "Changed last on " + said.UpdatedAt.Time().UTC().Format("2 January 2006") + ".",
		Text: template.HTML(said.Content)})
}

// Terms are the terms of service that hold today.
func (u *UI) Terms(c *gin.Context) error {
	versions, err := u.reader(c).Terms()
	if err != nil {
		return err
	}
	today := time.Now().UTC().Format(time.DateOnly)
	for _, t := range versions {
		if t.EffectiveDate <= today {
			return u.show(c, "document", "Terms of service", "", Document{Heading: "Terms of service", Lead: "They hold from " + t.EffectiveDate + " on.", Text: template.HTML(t.Content)})
		}
	}
	return errNotFound
}

// OwnerAbout is the body of the page where owners say what their node is.
type OwnerAbout struct {
	Texts map[string]string
	Rules string // a line each
	Terms []*store.Terms
	Today string
}

// OwnerAbout shows what the node says of itself, to be changed.
func (u *UI) OwnerAbout(c *gin.Context) error {
	r := u.reader(c)
	texts, err := r.NodeTexts()
	if err != nil {
		return err
	}
	rules, err := r.Rules()
	if err != nil {
		return err
	}
	body := OwnerAbout{Texts: map[string]string{}, Today: time.Now().UTC().Format(time.DateOnly)}
	for name, t := range texts {
		body.Texts[name] = t.Source
	}
	var lines []string
	for _, rule := range rules {
		line := rule.Text
		if rule.Hint != "" {
			line += " | " + rule.Hint
		}
		lines = append(lines, line)
	}
	body.Rules = strings.Join(lines, "\n")
	if body.Terms, err = r.Terms(); err != nil {
		return err
	}
	return u.show(c, "owner_about", "About", "owner", body)
}

// SaveAbout changes the texts and rules.
func (u *UI) SaveAbout(c *gin.Context) error {
	ctx, me := c.Request.Context(), viewer(c)
	texts := map[string]string{}
	for _, name := range about.Texts {
		texts[name] = c.PostForm(name)
	}
	if err := u.About.SetTexts(ctx, me, texts); err != nil {
		return err
	}
	if err := u.About.SetRules(ctx, me, c.PostForm("rules")); err != nil {
		return err
	}
	return see(c, "/owner/about?done=saved")
}

// SaveTerms stores a version of the terms of service.
func (u *UI) SaveTerms(c *gin.Context) error {
	if err := u.About.SetTerms(c.Request.Context(), viewer(c), c.PostForm("date"), c.PostForm("terms")); err != nil {
		return err
	}
	return see(c, "/owner/about?done=saved")
}

// OwnerAnnouncements is the body of the page of announcements.
type OwnerAnnouncements struct {
	Items []ViewAnnouncement
}

// ViewAnnouncement is one as its readers see it.
type ViewAnnouncement struct {
	ID   string
	Text template.HTML
	When time.Time
	Ends time.Time // zero for no end
}

// OwnerAnnouncements shows what everybody is told, and takes more.
func (u *UI) OwnerAnnouncements(c *gin.Context) error {
	rows, err := u.reader(c).Announcements(viewer(c), true)
	if err != nil {
		return err
	}
	return u.show(c, "owner_announcements", "Announcements", "owner", OwnerAnnouncements{u.viewAnnouncements(rows)})
}

func (u *UI) viewAnnouncements(rows []*store.ReadAnnouncement) []ViewAnnouncement {
	var list []ViewAnnouncement
	for _, row := range rows {
		v := ViewAnnouncement{ID: id(row.ID), Text: u.drawn("", row.Emojis).Draw(template.HTML(row.Content)), When: row.PublishedAt.Time()}
		if row.EndsAt != 0 {
			v.Ends = row.EndsAt.Time()
		}
		list = append(list, v)
	}
	return list
}

// Announce tells everybody something, until a time of the day in UTC if one is
// given.
func (u *UI) Announce(c *gin.Context) error {
	n := about.Announcement{Text: c.PostForm("text")}
	if ends := c.PostForm("ends"); ends != "" {
		at, err := time.Parse("2006-01-02T15:04", ends)
		if err != nil {
			return fault.New(fault.Invalid, "The end is a day and a time, such as 2026-11-27T18:00")
		}
		n.EndsAt = store.TimeOf(at)
	}
	if _, err := u.About.Announce(c.Request.Context(), viewer(c), n); err != nil {
		return err
	}
	return see(c, "/owner/announcements?done=saved")
}

// Withdraw takes an announcement back.
func (u *UI) Withdraw(c *gin.Context) error {
	if err := u.About.Withdraw(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return see(c, "/owner/announcements?done=saved")
}

// ReadAnnouncement takes an announcement off the reader's home.
func (u *UI) ReadAnnouncement(c *gin.Context) error {
	if err := u.About.Dismiss(c.Request.Context(), viewer(c), number(c.Param("id"))); err != nil {
		return err
	}
	return back(c, "/")
}

// OwnerEmojis is the body of the page of custom emoji.
type OwnerEmojis struct {
	Emojis []ViewEmoji
}

// ViewEmoji is a custom emoji of this node.
type ViewEmoji struct {
	Shortcode, Category, Picture string
}

// OwnerEmojis shows the emoji of this node and takes more.
func (u *UI) OwnerEmojis(c *gin.Context) error {
	rows, err := u.reader(c).CustomEmojis()
	if err != nil {
		return err
	}
	var body OwnerEmojis
	for _, e := range rows {
		body.Emojis = append(body.Emojis, ViewEmoji{e.Shortcode, e.Category, u.Actors.MediaURL(e.StaticPath)})
	}
	return u.show(c, "owner_emoji", "Emoji", "owner", body)
}

// SetEmoji makes an emoji from a picture.
func (u *UI) SetEmoji(c *gin.Context) error {
	if err := form(c); err != nil {
		return err
	}
	file, err := picture(c, "picture")
	if err != nil {
		return err
	}
	if err := u.About.SetEmoji(c.Request.Context(), viewer(c), c.PostForm("shortcode"), c.PostForm("category"), reading(file)); err != nil {
		return err
	}
	return see(c, "/owner/emoji?done=saved")
}

// DropEmoji takes an emoji out of use.
func (u *UI) DropEmoji(c *gin.Context) error {
	if err := u.About.DropEmoji(c.Request.Context(), viewer(c), c.Param("shortcode")); err != nil {
		return err
	}
	return see(c, "/owner/emoji?done=saved")
}
