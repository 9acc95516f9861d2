package main

import (
	"time"

	"parley/auth"
	"parley/inbox"
	"parley/internal/cards"
	"parley/internal/media"
	"parley/internal/notify"
	"parley/internal/queue"
	"parley/internal/search"
	"parley/outbox"
)

// jobs is every kind of job, what carries it out and how long it may take; and
// what runs by the clock.
func jobs(o *outbox.Outbox, i *inbox.Inbox, f *media.Store, m *media.Remote, p *notify.Push, c *cards.Cards, x *search.Index, a *auth.Auth) []queue.Work {
	return []queue.Work{
		queue.Do(10*time.Minute, o.Deliver),      // deliver: an activity to the inboxes of others
		queue.Do(2*time.Minute, o.Probe),         // probe: one delivery to a host that does not answer
		queue.Do(time.Minute, o.Wake),            // wake: what waited for a host that answers again
		queue.Do(time.Minute, o.Sweep),           // sweep: what is due and has no job
		queue.Do(5*time.Minute, o.Gone),          // gone: the actors behind an inbox that is no more
		queue.Do(time.Minute, o.Release),         // release: a post that was held back
		queue.Do(time.Minute, o.Publish),         // publish: a scheduled post whose time has come
		queue.Do(time.Minute, o.EndPoll),         // poll: one whose time has come
		queue.Do(time.Minute, o.Counted),         // count: how a poll of ours stands
		queue.Do(time.Minute, i.FetchAncestor),   // fetch: a post that another answers
		queue.Do(time.Minute, i.Boosted),         // boosted: a post that was boosted, and the boost
		queue.Do(time.Minute, i.VerifyQuote),     // quote: whether a post may quote what it quotes
		queue.Do(time.Minute, i.Relay),           // relay: a post that a group passes on
		queue.Do(5*time.Minute, i.ReadReplies),   // replies: answers to a post that somebody reads
		queue.Do(time.Minute, i.RefreshActor),    // refresh: an actor that has changed, or is old
		queue.Do(time.Minute, i.ReadFeatured),    // featured: what a remote profile shows
		queue.Do(time.Minute, i.Synchronize),     // synchronize: who of ours follows somebody, with his node
		queue.Do(time.Minute, i.Hint),            // hint: a post of which somebody else said that there is news
		queue.Do(5*time.Minute, o.Stand),         // standing: what follows from an account's new state
		queue.Do(5*time.Minute, o.Policy),        // policy: what follows from a domain's new policy
		queue.Do(5*time.Minute, o.Sever),         // sever: the follows between a person and a domain
		queue.Do(time.Minute, o.Restore),         // restore: follows that a decision ended
		queue.Do(time.Minute, i.Moved),           // moved: whether who moved is named by whom he moved to
		queue.Do(time.Minute, o.MoveFollowers),   // move: our followers of who moved
		queue.Do(time.Minute, o.Verify),          // verify: pages that a profile of ours names
		queue.Do(time.Minute, o.Welcome),         // welcome: who waited for somebody that approves followers no more
		queue.Do(time.Minute, o.Introduce),       // introduce: whom somebody new follows, by oidc.follows
		queue.Do(time.Minute, o.FollowDirectory), // directory: a profile that follows the organisation's directory
		queue.Do(time.Minute, o.Answer),          // answer: a direct post to one of ours who has left
		queue.Do(time.Minute, o.EndMutes),        // unmute: mutes whose time has come
		queue.Do(5*time.Minute, o.Withhold),      // withhold: files of a post that is gone
		queue.Do(30*time.Minute, o.Convert),      // convert: a video or a sound that was uploaded
		queue.Do(10*time.Minute, o.Clean),        // clean: what nobody needs any more
		queue.Do(10*time.Minute, f.Clear),        // clear: files that no row names any more
		queue.Do(time.Minute, p.Send),            // push: a notification to one client app
		queue.Do(2*time.Minute, c.Make),          // card: what the page says that a post links to
		queue.Do(10*time.Minute, m.Tidy),         // tidy: copies of files that nobody looks at
		queue.Do(time.Minute, x.Trends),          // trends: what many are about
		queue.Do(20*time.Minute, a.AskAgain),     // recheck: whether people are still there, by auth.recheck
		queue.Every(time.Hour, outbox.CleanJob{}),
		queue.Every(5*time.Minute, search.TrendsJob{}),
		queue.Every(5*time.Minute, outbox.UnmuteJob{}),
		queue.Every(5*time.Minute, outbox.SweepJob{}),
		queue.Every(time.Hour, media.TidyJob{}),
		queue.Every(5*time.Minute, auth.RecheckJob{}),
	}
}
