package mastodon

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"parley/auth"
	"parley/internal/fault"
	"parley/internal/notify"
	"parley/internal/store"
)

// subscription is the entity WebPushSubscription.
type subscription struct {
	ID        string          `json:"id"`
	Endpoint  string          `json:"endpoint"`
	Standard  bool            `json:"standard"`
	Alerts    map[string]bool `json:"alerts"`
	ServerKey string          `json:"server_key"`
	Policy    string          `json:"policy"`
}

func (a *API) subscription(c *gin.Context, s *store.PushSubscription) error {
	alerts := map[string]bool{}
	for _, kind := range notify.Alerts {
		alerts[kind] = slices.Contains(s.Alerts, kind)
	}
	return answer(c, subscription{ID: id(s.ID), Endpoint: s.Endpoint, Standard: s.Standard, Alerts: alerts, ServerKey: a.Push.PublicKey(), Policy: s.Policy})
}

// wanted reads what is to wake the app.
func (p *params) wanted(s *store.PushSubscription) error {
	s.Policy = "all"
	if p.has("data[policy]") {
		s.Policy = p.text("data[policy]")
	}
	if !slices.Contains(notify.Policies, s.Policy) {
		return fault.New(fault.Invalid, "Validation failed: Policy must be one of "+strings.Join(notify.Policies, ", "))
	}
	s.Alerts = nil
	for _, kind := range notify.Alerts {
		if p.yes("data[alerts][" + kind + "]") {
			s.Alerts = append(s.Alerts, kind)
		}
	}
	return nil
}

// Subscribe has an app woken for what concerns its person.
func (a *API) Subscribe(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	s := &store.PushSubscription{
		TokenID: auth.WhoIs(contextOf(c)).TokenID, ActorID: viewer(c), Endpoint: p.text("subscription[endpoint]"),
		P256dh: p.text("subscription[keys][p256dh]"), Auth: p.text("subscription[keys][auth]"), Standard: p.yes("subscription[standard]"),
	}
	if err := p.wanted(s); err != nil {
		return err
	}
	if err := a.Push.Subscribe(contextOf(c), s); err != nil {
		return err
	}
	return a.subscription(c, s)
}

// PushSubscription answers with the subscription of the app that asks.
func (a *API) PushSubscription(c *gin.Context) error {
	s, err := a.pushOf(c)
	if err != nil {
		return err
	}
	return a.subscription(c, s)
}

func (a *API) pushOf(c *gin.Context) (*store.PushSubscription, error) {
	s, err := a.reader(c).PushOfToken(auth.WhoIs(contextOf(c)).TokenID)
	if fault.Is(err, fault.NotFound) {
		return nil, errNotFound
	}
	return s, err
}

// ChangeSubscription changes what wakes the app.
func (a *API) ChangeSubscription(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	s, err := a.pushOf(c)
	if err != nil {
		return err
	}
	if err := p.wanted(s); err != nil {
		return err
	}
	if err := a.Push.Change(contextOf(c), s); err != nil {
		return err
	}
	return a.subscription(c, s)
}

// Unsubscribe lets the app sleep.
func (a *API) Unsubscribe(c *gin.Context) error {
	if err := a.Push.Unsubscribe(contextOf(c), auth.WhoIs(contextOf(c)).TokenID); err != nil {
		return err
	}
	return done(c)
}
