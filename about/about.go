package about

import (
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/store"
	"parley/internal/text"
)

// About keeps what the node says of itself.
type About struct {
	DB    *store.DB
	Files *media.Store
	Hub   *notify.Hub
}

// The names of the texts.
const (
	Description         = "description" // one plain paragraph
	ExtendedDescription = "extended_description"
	PrivacyPolicy       = "privacy_policy"
	ContactEmail        = "contact_email"
	ContactAccount      = "contact_account" // a user name of this node
)

// Texts are all of them, in the order of a form.
var Texts = []string{Description, ContactEmail, ContactAccount, ExtendedDescription, PrivacyPolicy}

const maxText = 100_000 // bytes

// SetTexts stores some of the texts, by name.
func (a *About) SetTexts(ctx context.Context, by int64, texts map[string]string) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		for _, name := range Texts {
			source, ok := texts[name]
			if !ok {
				continue
			}
			source = strings.TrimSpace(text.Clean(source))
			if err := checkText(tx.Reader, name, source); err != nil {
				return err
			}
			changed, err := tx.SetNodeText(name, source, text.Render(source, nil, nil))
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			if err := audit.Write(tx, audit.Act{ActorID: by, Action: "node.text", Subject: name}); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkText(r store.Reader, name, source string) error {
	switch {
	case len(source) > maxText:
		return fault.New(fault.Invalid, fmt.Sprintf("This text is longer than %d bytes", maxText))
	case source == "":
		return nil
	case name == ContactEmail:
		if at, err := mail.ParseAddress(source); err != nil || at.Address != source {
			return fault.New(fault.Invalid, "This is no e-mail address: write one such as help@corp.example")
		}
	case name == ContactAccount:
		if _, err := r.ActorByHandle(strings.TrimPrefix(source, "@"), ""); err != nil {
			return fault.New(fault.Invalid, "There is no account here of that name")
		}
	}
	return nil
}

// Bounds of the rules.
const (
	maxRules = 100
	maxRule  = 2000
)

// SetRules stores the rules as they hold from now on: a line each, and behind
// a | a hint to it. A line that stays keeps its id, which reports name.
func (a *About) SetRules(ctx context.Context, by int64, lines string) error {
	wanted, err := parseRules(lines)
	if err != nil {
		return err
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		have, err := tx.Rules()
		if err != nil {
			return err
		}
		for _, w := range wanted {
			w.ID = store.NewID()
			if at := slices.IndexFunc(have, func(h *store.Rule) bool { return h.Text == w.Text }); at >= 0 {
				w.ID = have[at].ID
				have = slices.Delete(have, at, at+1)
			}
			if err := tx.SetRule(w); err != nil {
				return err
			}
		}
		for _, gone := range have {
			if err := tx.DropRule(gone.ID); err != nil {
				return err
			}
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.rules", Detail: map[string]any{"rules": len(wanted)}})
	})
}

func parseRules(lines string) ([]*store.Rule, error) {
	var rules []*store.Rule
	for line := range strings.Lines(text.Clean(lines)) {
		says, hint, _ := strings.Cut(strings.TrimSpace(line), "|")
		if says = strings.TrimSpace(says); says == "" {
			continue
		}
		if utf8.RuneCountInString(line) > maxRule || len(rules) == maxRules {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("At most %d rules of %d characters each", maxRules, maxRule))
		}
		rules = append(rules, &store.Rule{Position: len(rules), Text: says, Hint: strings.TrimSpace(hint)})
	}
	return rules, nil
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// SetTerms stores the terms of service as they hold from a day on, such as
// 2026-11-27. Earlier versions stay readable.
func (a *About) SetTerms(ctx context.Context, by int64, date, source string) error {
	source = strings.TrimSpace(text.Clean(source))
	if _, err := time.Parse(time.DateOnly, date); err != nil || !day.MatchString(date) {
		return fault.New(fault.Invalid, "From when on the terms hold is a day such as 2026-11-27")
	}
	if source == "" || len(source) > maxText {
		return fault.New(fault.Invalid, fmt.Sprintf("Terms are a text of at most %d bytes", maxText))
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetTerms(&store.Terms{EffectiveDate: date, Source: source, Content: text.Render(source, nil, nil), CreatedAt: store.Now()}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "node.terms", Subject: date})
	})
}
