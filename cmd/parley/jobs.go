package main

import (
	"time"

	"parley/inbox"
	"parley/internal/queue"
	"parley/outbox"
)

// jobs is every kind of job, what carries it out and how long it may take; and
// what runs by the clock.
func jobs(o *outbox.Outbox, i *inbox.Inbox) []queue.Work {
	return []queue.Work{
		queue.Do(2*time.Minute, o.Deliver),     // deliver: an activity to the inboxes of others
		queue.Do(time.Minute, o.Release),       // release: a post that was held back
		queue.Do(time.Minute, i.FetchAncestor), // fetch: a post that another answers
		queue.Do(time.Minute, i.Boosted),       // boosted: a post that was boosted, and the boost
		queue.Do(time.Minute, i.RefreshActor),  // refresh: an actor that says it has changed
		queue.Do(time.Minute, i.ReadFeatured),  // featured: what a remote profile shows
		queue.Do(10*time.Minute, o.Clean),      // clean: what nobody needs any more
		queue.Every(time.Hour, outbox.CleanJob{}),
	}
}
