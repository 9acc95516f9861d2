package outbox

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/federation"
	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
)

// check holds a change to the bounds that the instance document announces.
func (p *Profile) check() error {
	for _, bound := range []struct {
		what  string
		said  *string
		count func(string) int
		most  int
	}{
		{"Display name", p.DisplayName, utf8.RuneCountInString, MaxDisplayName},
		{"Note", p.Note, text.Length, MaxNote},
		{"Avatar description", p.AvatarDescription, utf8.RuneCountInString, MaxPictureDescription},
		{"Header description", p.HeaderDescription, utf8.RuneCountInString, MaxPictureDescription},
	} {
		if bound.said != nil && bound.count(*bound.said) > bound.most {
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: %s is too long (maximum is %d characters)", bound.what, bound.most))
		}
	}
	if err := checkFields(p.Fields); err != nil {
		return err
	}
	if err := p.checkAttributions(); err != nil {
		return err
	}
	return p.checkPreferences()
}

func checkFields(fields []ProfileField) error {
	if len(fields) > MaxFields {
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Fields are too many (maximum is %d)", MaxFields))
	}
	for _, f := range fields {
		switch {
		case utf8.RuneCountInString(f.Name) > MaxField || utf8.RuneCountInString(f.Value) > MaxField:
			return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Fields are too long (maximum is %d characters)", MaxField))
		case strings.TrimSpace(f.Name) == "" && strings.TrimSpace(f.Value) != "":
			return fault.New(fault.Invalid, "Validation failed: Fields contain values with missing labels")
		}
	}
	return nil
}

// checkAttributions holds domains to what a domain is, and writes them alike.
func (p *Profile) checkAttributions() error {
	if len(p.Attributions) > MaxAttributions {
		return fault.New(fault.Invalid, fmt.Sprintf("Validation failed: Attribution domains are too many (maximum is %d)", MaxAttributions))
	}
	for i, domain := range p.Attributions {
		host, err := federation.ParseHost(domain)
		if err != nil {
			return fault.New(fault.Invalid, "Validation failed: Attribution domains contain one that is no domain")
		}
		p.Attributions[i] = string(host)
	}
	return nil
}

func (p *Profile) checkPreferences() error {
	if p.HoldSeconds != nil && *p.HoldSeconds != -1 {
		if err := checkHold(p.HoldSeconds); err != nil {
			return err
		}
	}
	switch {
	case p.Visibility != nil && !slices.Contains([]store.Visibility{store.Public, store.Unlisted, store.Private, store.Direct}, *p.Visibility):
		return fault.New(fault.Invalid, "Validation failed: Default privacy is not included in the list")
	case p.Language != nil && *p.Language != "" && !language.MatchString(*p.Language):
		return fault.New(fault.Invalid, "Validation failed: Default language is not an ISO 639 code")
	case p.Quotable == nil:
		return nil
	}
	_, err := quotableBy(*p.Quotable, store.Public)
	return err
}

// describe writes the change into the row.
func (p *Profile) describe(me *store.Actor, tagURL func(string) string) {
	set(&me.Locked, p.Locked)
	set(&me.Bot, p.Bot)
	set(&me.Discoverable, p.Discoverable)
	set(&me.Indexable, p.Indexable)
	set(&me.HideCollections, p.HideCollections)
	setNot(&me.HideFeatured, p.ShowFeatured)
	setNot(&me.HideMedia, p.ShowMedia)
	setNot(&me.HideMediaReplies, p.ShowMediaReplies)
	set(&me.DisplayName, clean(p.DisplayName))
	if p.Note != nil {
		set(&me.NoteSource, clean(p.Note))
		me.Note = text.Render(me.NoteSource, nil, tagURL)
	}
	if p.Fields != nil {
		me.Fields = fieldsOf(p.Fields, me.Fields)
	}
	if p.Attributions != nil {
		me.Attributions = p.Attributions
	}
	if p.avatar != "" || p.NoAvatar {
		me.Avatar, me.AvatarDescription = p.avatar, ""
	}
	if p.header != "" || p.NoHeader {
		me.Header, me.HeaderDescription = p.header, ""
	}
	set(&me.AvatarDescription, clean(p.AvatarDescription))
	set(&me.HeaderDescription, clean(p.HeaderDescription))
}

// fieldsOf are the lines of a profile. One that says what it said before stays
// verified.
func fieldsOf(fields []ProfileField, before []store.Field) (lines []store.Field) {
	for _, f := range fields {
		name, source := strings.TrimSpace(text.Clean(f.Name)), strings.TrimSpace(text.Clean(f.Value))
		if name == "" {
			continue
		}
		line := store.Field{Name: name, Value: text.Field(source), Source: source}
		if f.phone {
			line.Value = dial(source, html.EscapeString(source))
		}
		if i := slices.IndexFunc(before, func(old store.Field) bool { return old.Source == source }); i >= 0 {
			line.VerifiedAt = before[i].VerifiedAt
		}
		lines = append(lines, line)
	}
	return lines
}

func clean(s *string) *string {
	if s == nil {
		return nil
	}
	c := text.Clean(*s)
	return &c
}

// set writes a value that was given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func setNot(to *bool, from *bool) {
	if from != nil {
		*to = !*from
	}
}

func (p *Profile) prefer(u *store.User) {
	set(&u.DefaultVisibility, p.Visibility)
	set(&u.DefaultSensitive, p.Sensitive)
	set(&u.DefaultLanguage, p.Language)
	set(&u.DefaultQuotable, p.Quotable)
	set(&u.HoldSeconds, p.HoldSeconds)
}
