package mastodon

import (
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"parley/about"
	"parley/internal/fault"
	"parley/internal/store"
)

// nodeRule is the entity Rule. https://docs.joinmastodon.org/entities/Rule/
type nodeRule struct {
	ID           string   `json:"id"`
	Text         string   `json:"text"`
	Hint         string   `json:"hint"`
	Translations struct{} `json:"translations"`
}

func rulesOf(r store.Reader) ([]nodeRule, error) {
	rows, err := r.Rules()
	rules := make([]nodeRule, len(rows))
	for i, row := range rows {
		rules[i] = nodeRule{ID: id(row.ID), Text: row.Text, Hint: row.Hint}
	}
	return rules, err
}

// Rules answers with the rules of this node.
func (a *API) Rules(c *gin.Context) error {
	rules, err := rulesOf(a.reader(c))
	if err != nil {
		return err
	}
	return answer(c, rules)
}

// ExtendedDescription answers with what the about page says.
func (a *API) ExtendedDescription(c *gin.Context) error {
	texts, err := a.reader(c).NodeTexts()
	if err != nil {
		return err
	}
	said := texts[about.ExtendedDescription]
	if said.Source == "" {
		said = texts[about.Description]
	}
	return answer(c, dated(said))
}

// PrivacyPolicy answers with what its owner promises about data, if anything.
func (a *API) PrivacyPolicy(c *gin.Context) error {
	texts, err := a.reader(c).NodeTexts()
	if err != nil {
		return err
	}
	if texts[about.PrivacyPolicy].Source == "" {
		return errNotFound
	}
	return answer(c, dated(texts[about.PrivacyPolicy]))
}

// dated is a text as the entities ExtendedDescription and PrivacyPolicy have it.
func dated(t store.NodeText) map[string]string {
	return map[string]string{"updated_at": moment(max(t.UpdatedAt, 1)), "content": t.Content}
}

// terms is the entity TermsOfService.
// https://docs.joinmastodon.org/entities/TermsOfService/
type terms struct {
	EffectiveDate string  `json:"effective_date"`
	Effective     bool    `json:"effective"`
	Content       string  `json:"content"`
	SucceededBy   *string `json:"succeeded_by"`
}

// Terms answers with the terms of service that hold today, or with those of the
// day in the path.
func (a *API) Terms(c *gin.Context) error {
	all, err := a.reader(c).Terms()
	if err != nil {
		return err
	}
	today, date := time.Now().UTC().Format(time.DateOnly), c.Param("date")
	var later *string
	for _, t := range all { // newest first
		if t.EffectiveDate == date || date == "" && t.EffectiveDate <= today {
			return answer(c, terms{EffectiveDate: t.EffectiveDate, Effective: t.EffectiveDate <= today, Content: t.Content, SucceededBy: later})
		}
		later = &t.EffectiveDate
	}
	return errNotFound
}

// weeks keeps what was counted: it is asked for by strangers, and costs more
// than it is worth to be newer than an hour.
type weeks struct {
	mu      sync.Mutex
	counted []store.Week
	at      store.Time
}

const countWeeks, countEvery = 12, time.Hour

func (w *weeks) of(r store.Reader) ([]store.Week, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := store.Now(); now > w.at.Add(countEvery) {
		counted, err := r.Weeks(now, countWeeks)
		if err != nil {
			return nil, err
		}
		w.counted, w.at = counted, now
	}
	return w.counted, nil
}

// Activity answers with how much happened here in the last weeks.
// https://docs.joinmastodon.org/methods/instance/#activity
func (a *API) Activity(c *gin.Context) error {
	counted, err := a.weeks.of(a.reader(c))
	if err != nil {
		return err
	}
	lines := make([]map[string]string, len(counted))
	for i, w := range counted {
		lines[i] = map[string]string{
			"week": id(w.Begins.Time().Unix()), "statuses": id(w.Statuses), "logins": id(w.Logins), "registrations": id(w.Registrations),
		}
	}
	return answer(c, lines)
}

// contact is the account to turn to, null if none is named.
func (a *API) contact(r store.Reader, texts map[string]store.NodeText) (any, error) {
	name := strings.TrimPrefix(texts[about.ContactAccount].Source, "@")
	if name == "" {
		return nil, nil
	}
	actor, err := r.ActorByHandle(name, "")
	if fault.Is(err, fault.NotFound) || err == nil && actor.Hidden() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.entity(r, 0, actor)
}
