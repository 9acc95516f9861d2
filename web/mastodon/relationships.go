package mastodon

import (
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/store"
	"parley/outbox"
)

// relationship is how the viewer stands to an account.
type relationship struct {
	ID                  string   `json:"id"`
	Following           bool     `json:"following"`
	ShowingReblogs      bool     `json:"showing_reblogs"`
	Notifying           bool     `json:"notifying"`
	Languages           []string `json:"languages"`
	FollowedBy          bool     `json:"followed_by"`
	Blocking            bool     `json:"blocking"`
	BlockedBy           bool     `json:"blocked_by"`
	Muting              bool     `json:"muting"`
	MutingNotifications bool     `json:"muting_notifications"`
	MutingExpiresAt     *string  `json:"muting_expires_at"`
	Requested           bool     `json:"requested"`
	RequestedBy         bool     `json:"requested_by"`
	DomainBlocking      bool     `json:"domain_blocking"`
	Endorsed            bool     `json:"endorsed"`
	Note                string   `json:"note"`
}

func relationshipOf(r *store.Relation) relationship {
	var languages []string // null: all of them
	if err := json.Unmarshal([]byte(r.Languages), &languages); err != nil || len(languages) == 0 {
		languages = nil
	}
	return relationship{
		ID: id(r.ActorID), Following: r.Following, ShowingReblogs: r.ShowBoosts, Notifying: r.Notify, Languages: languages,
		FollowedBy: r.FollowedBy, Blocking: r.Blocking, BlockedBy: r.BlockedBy, Muting: r.Muting,
		MutingNotifications: r.MutingNotifications, MutingExpiresAt: optionalMoment(r.MutingUntil),
		Requested: r.Requested, RequestedBy: r.RequestedBy, DomainBlocking: r.DomainBlocking, Endorsed: r.Endorsed, Note: r.Comment,
	}
}

// Relationships answers with how the viewer stands to each of the accounts.
func (a *API) Relationships(c *gin.Context) error {
	p, err := read(c)
	if err != nil {
		return err
	}
	relations, err := a.reader(c).Relations(viewer(c), p.ids("id"))
	if err != nil {
		return err
	}
	all := make([]relationship, 0, len(relations))
	for _, r := range relations {
		all = append(all, relationshipOf(r))
	}
	return answer(c, all)
}

// to runs an act of the viewer towards the account in the path, and answers
// with how the two stand now.
func (a *API) to(c *gin.Context, act func(me, other int64, p *params) error) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	if err := act(viewer(c), actor.ID, p); err != nil {
		return err
	}
	relations, err := a.reader(c).Relations(viewer(c), []int64{actor.ID})
	if err != nil || len(relations) == 0 {
		return err
	}
	return answer(c, relationshipOf(relations[0]))
}

// Follow follows the account, or changes how it is followed.
func (a *API) Follow(c *gin.Context) error {
	return a.to(c, func(me, other int64, p *params) error {
		return a.Outbox.Follow(contextOf(c), me, other, outbox.FollowOptions{
			ShowBoosts: p.maybe("reblogs"), Notify: p.maybe("notify"), Languages: p.texts("languages"),
		})
	})
}

// Unfollow ends a follow, or takes a request back.
func (a *API) Unfollow(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Unfollow(contextOf(c), me, other) })
}

// Block blocks the account.
func (a *API) Block(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Block(contextOf(c), me, other) })
}

// Unblock ends that.
func (a *API) Unblock(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Unblock(contextOf(c), me, other) })
}

// Mute mutes the account, for ever or for a duration in seconds; its
// notifications too, unless told otherwise.
func (a *API) Mute(c *gin.Context) error {
	return a.to(c, func(me, other int64, p *params) error {
		notifications := p.maybe("notifications")
		seconds := min(number(p.text("duration")), 10*365*24*3600)
		return a.Outbox.Mute(contextOf(c), me, other, notifications == nil || *notifications, time.Duration(seconds)*time.Second)
	})
}

// Unmute ends that.
func (a *API) Unmute(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Unmute(contextOf(c), me, other) })
}

// RemoveFollower ends the account's follow of the viewer.
func (a *API) RemoveFollower(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.RemoveFollower(contextOf(c), me, other) })
}

// Note keeps a private comment about the account.
func (a *API) Note(c *gin.Context) error {
	return a.to(c, func(me, other int64, p *params) error {
		return a.Actors.SetNote(contextOf(c), me, other, p.text("comment"))
	})
}

// Endorse recommends the account on the viewer's profile.
func (a *API) Endorse(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Endorse(contextOf(c), me, other) })
}

// Unendorse ends that.
func (a *API) Unendorse(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.Unendorse(contextOf(c), me, other) })
}

// AuthorizeFollow lets somebody follow the viewer.
func (a *API) AuthorizeFollow(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.AcceptFollow(contextOf(c), me, other) })
}

// RejectFollow refuses somebody who asked to follow the viewer.
func (a *API) RejectFollow(c *gin.Context) error {
	return a.to(c, func(me, other int64, _ *params) error { return a.Outbox.RemoveFollower(contextOf(c), me, other) })
}

// FollowRequests answers with who asks to follow the viewer.
func (a *API) FollowRequests(c *gin.Context) error {
	page := pageOf(c, accountLimits)
	listed, err := a.reader(c).FollowRequests(viewer(c), page)
	return a.accountPage(c, page, listed, err)
}

// Blocks answers with whom the viewer blocks.
func (a *API) Blocks(c *gin.Context) error {
	page := pageOf(c, accountLimits)
	listed, err := a.reader(c).Blocks(viewer(c), page)
	return a.accountPage(c, page, listed, err)
}

// OwnEndorsements answers with whom the viewer recommends.
func (a *API) OwnEndorsements(c *gin.Context) error {
	page := pageOf(c, accountLimits)
	listed, err := a.reader(c).Endorsements(viewer(c), page)
	return a.accountPage(c, page, listed, err)
}

// Mutes answers with whom the viewer mutes, and until when.
func (a *API) Mutes(c *gin.Context) error {
	page := pageOf(c, accountLimits)
	listed, err := a.reader(c).Mutes(viewer(c), page)
	if err != nil {
		return err
	}
	ids := make([]int64, len(listed))
	for i, l := range listed {
		ids[i] = l.ActorID
	}
	relations, err := a.reader(c).Relations(viewer(c), ids)
	if err != nil {
		return err
	}
	accounts, err := a.accounts(a.reader(c), viewer(c), ids)
	if err != nil {
		return err
	}
	until := map[string]*string{}
	for _, r := range relations {
		until[id(r.ActorID)] = optionalMoment(r.MutingUntil)
	}
	for i, e := range accounts {
		accounts[i] = with(e, "mute_expires_at", until[entityID(e)])
	}
	if n := len(listed); n > 0 {
		a.link(c, page, listed[0].Key, listed[n-1].Key)
	}
	return answer(c, accounts)
}

// entityID is the id in a rendered entity: it stands first.
func entityID(e []byte) string {
	var head struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(e, &head) // our own rendering
	return head.ID
}
