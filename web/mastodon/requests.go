package mastodon

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
)

// rules are the parts of a policy by the names that clients have for them: of
// the second version, and of the first where it knows the part.
func rules(p *store.NotificationPolicy) []rule {
	return []rule{
		{"for_not_following", "filter_not_following", &p.NotFollowing},
		{"for_not_followers", "filter_not_followers", &p.NotFollowers},
		{"for_new_accounts", "filter_new_accounts", &p.NewAccounts},
		{"for_private_mentions", "filter_private_mentions", &p.PrivateMentions},
		{"for_limited_accounts", "", &p.LimitedAccounts},
	}
}

type rule struct {
	name, old string
	verdict   *store.Verdict
}

var verdicts = []store.Verdict{store.Let, store.Filter, store.Drop}

// Policy answers with what the viewer wants done with strangers.
func (a *API) Policy(c *gin.Context) error {
	return a.policy(c, func(out map[string]any, r rule) { out[r.name] = *r.verdict })
}

// PolicyV1 answers with the policy as the official apps ask for it: yes or no.
func (a *API) PolicyV1(c *gin.Context) error {
	return a.policy(c, func(out map[string]any, r rule) {
		if r.old != "" {
			out[r.old] = *r.verdict != store.Let
		}
	})
}

func (a *API) policy(c *gin.Context, put func(out map[string]any, r rule)) error {
	p, err := a.reader(c).NotificationPolicy(viewer(c))
	if err != nil {
		return err
	}
	requests, notifications, err := a.reader(c).Waiting(viewer(c))
	if err != nil {
		return err
	}
	out := map[string]any{"summary": map[string]int64{"pending_requests_count": requests, "pending_notifications_count": notifications}}
	for _, r := range rules(p) {
		put(out, r)
	}
	return answer(c, out)
}

// SetPolicy changes the parts of the policy that were sent.
func (a *API) SetPolicy(c *gin.Context) error {
	return a.setPolicy(c, a.Policy, func(p *params, r rule) error {
		want := store.Verdict(p.text(r.name))
		if !p.has(r.name) {
			return nil
		}
		if !slices.Contains(verdicts, want) {
			return fault.New(fault.Invalid, "Validation failed: "+r.name+" must be accept, filter or drop")
		}
		*r.verdict = want
		return nil
	})
}

// SetPolicyV1 is SetPolicy by yes and no: yes leaves a stricter word as it is.
func (a *API) SetPolicyV1(c *gin.Context) error {
	return a.setPolicy(c, a.PolicyV1, func(p *params, r rule) error {
		on := p.maybe(r.old)
		switch {
		case on == nil:
		case !*on:
			*r.verdict = store.Let
		case *r.verdict == store.Let:
			*r.verdict = store.Filter
		}
		return nil
	})
}

func (a *API) setPolicy(c *gin.Context, show func(*gin.Context) error, set func(*params, rule) error) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	policy, err := a.reader(c).NotificationPolicy(viewer(c))
	if err != nil {
		return err
	}
	for _, r := range rules(policy) {
		if err := set(p, r); err != nil {
			return err
		}
	}
	if err := a.Notify.SetPolicy(contextOf(c), policy); err != nil {
		return err
	}
	return show(c)
}

// notificationRequest is the entity NotificationRequest.
type notificationRequest struct {
	ID                 string          `json:"id"`
	CreatedAt          string          `json:"created_at"`
	UpdatedAt          string          `json:"updated_at"`
	NotificationsCount string          `json:"notifications_count"`
	Account            json.RawMessage `json:"account"`
	LastStatus         json.RawMessage `json:"last_status"`
}

func (a *API) requests(r store.Reader, reader int64, rows []*store.NotificationRequest) ([]notificationRequest, error) {
	var from, posts []int64
	for _, q := range rows {
		from = append(from, q.FromID)
		if q.LastPost != 0 {
			posts = append(posts, q.LastPost)
		}
	}
	t, err := a.told(r, reader, from, posts)
	if err != nil {
		return nil, err
	}
	all := make([]notificationRequest, 0, len(rows))
	for _, q := range rows {
		if t.accounts[q.FromID] == nil {
			continue
		}
		all = append(all, notificationRequest{
			ID: id(q.ID), CreatedAt: moment(q.CreatedAt), UpdatedAt: moment(q.UpdatedAt), NotificationsCount: strconv.FormatInt(q.Count, 10),
			Account: t.accounts[q.FromID], LastStatus: t.status(q.LastPost),
		})
	}
	return all, nil
}

// Requests answers with whose notifications wait for the viewer's word.
func (a *API) Requests(c *gin.Context) error {
	page := pageOf(c, noticeLimits)
	rows, err := a.reader(c).NotificationRequests(viewer(c), page)
	if err != nil {
		return err
	}
	all, err := a.requests(a.reader(c), viewer(c), rows)
	if err != nil {
		return err
	}
	if n := len(rows); n > 0 {
		a.link(c, page, rows[0].ID, rows[n-1].ID)
	}
	return answer(c, all)
}

// Request answers with one of them.
func (a *API) Request(c *gin.Context) error {
	row, err := a.requestRow(c)
	if err != nil {
		return err
	}
	all, err := a.requests(a.reader(c), viewer(c), []*store.NotificationRequest{row})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errNotFound
	}
	return answer(c, all[0])
}

func (a *API) requestRow(c *gin.Context) (*store.NotificationRequest, error) {
	id, err := pathID(c)
	if err != nil {
		return nil, err
	}
	row, err := a.reader(c).NotificationRequest(viewer(c), id)
	if fault.Is(err, fault.NotFound) {
		return nil, errNotFound
	}
	return row, err
}

// AcceptRequest lets the sender in, and what waited with them.
func (a *API) AcceptRequest(c *gin.Context) error { return a.settleOne(c, a.Notify.AcceptRequests) }

// DismissRequest removes what waited.
func (a *API) DismissRequest(c *gin.Context) error { return a.settleOne(c, a.Notify.DismissRequests) }

func (a *API) settleOne(c *gin.Context, settle func(ctx context.Context, reader int64, ids []int64) error) error {
	row, err := a.requestRow(c)
	if err != nil {
		return err
	}
	if err := settle(contextOf(c), viewer(c), []int64{row.ID}); err != nil {
		return err
	}
	return done(c)
}

// AcceptRequests is AcceptRequest for several.
func (a *API) AcceptRequests(c *gin.Context) error { return a.settleAll(c, a.Notify.AcceptRequests) }

// DismissRequests is DismissRequest for several.
func (a *API) DismissRequests(c *gin.Context) error { return a.settleAll(c, a.Notify.DismissRequests) }

func (a *API) settleAll(c *gin.Context, settle func(ctx context.Context, reader int64, ids []int64) error) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := settle(contextOf(c), viewer(c), p.ids("id")); err != nil {
		return err
	}
	return done(c)
}

// RequestsMerged answers that what was accepted is among the notifications:
// here that is one transaction.
func (a *API) RequestsMerged(c *gin.Context) error { return answer(c, map[string]bool{"merged": true}) }
