package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/federation"
	"parley/internal/queue"
	"parley/internal/store"
)

// DeliverJob takes an activity to every inbox that it has not reached.
//
// There is one job for an activity, and one row for each inbox: what is shared
// (the body, its digest, the key) is got once, and what came of the tries is
// stored together. A job runs again when the next try is due.
type DeliverJob struct {
	ActivityID int64 `json:"activity_id"`
}

// Kind names the job.
func (DeliverJob) Kind() string { return "deliver" }

// Tries grow further apart, from firstPause to longestPause, until giveUp
// after the activity was made.
const (
	firstPause   = 15 * time.Second
	longestPause = 6 * time.Hour
	giveUp       = 8 * 24 * time.Hour
)

// Deliver carries out the job.
func (o *Outbox) Deliver(ctx context.Context, job DeliverJob) error {
	r := o.DB.With(ctx)
	activity, err := r.Activity(job.ActivityID)
	if err != nil {
		return err
	}
	due, err := r.Due(activity.ID, store.Now())
	if err != nil {
		return err
	}
	if len(due) > 0 {
		if err := o.deliver(ctx, activity, due); err != nil {
			return err
		}
	}
	next, err := r.NextDue(activity.ID)
	if err != nil || next == 0 {
		return err
	}
	// Due, and yet not tried: an earlier one about the same object is before it.
	return queue.Later(max(time.Until(next.Time()), time.Second))
}

// deliver tries all that is due at once and stores results as they come.
func (o *Outbox) deliver(ctx context.Context, activity *store.Activity, due []*store.Delivery) error {
	key, err := o.Actors.Signer(ctx, activity.ActorID)
	if err != nil {
		return err
	}
	body := []byte(activity.Body)
	digest := federation.Digest(body)
	results := make(chan store.Attempt, len(due))
	for _, d := range due {
		o.senders.run(func() { results <- o.try(ctx, activity, d, body, digest, key) })
	}
	for left := len(due); left > 0; {
		batch := gather(results, left)
		left -= len(batch)
		if err := o.record(ctx, batch); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// gatherTime is how long results wait for others to be stored with: a commit
// costs as much as the rest of a delivery but for its signature. Who is killed
// meanwhile delivers these again, under the same ids.
const gatherTime = 150 * time.Millisecond

// gather takes what results there are and come soon, at most left of them.
func gather(results <-chan store.Attempt, left int) []store.Attempt {
	batch := []store.Attempt{<-results}
	soon := time.NewTimer(gatherTime)
	defer soon.Stop()
	for len(batch) < left {
		select {
		case a := <-results:
			batch = append(batch, a)
		case <-soon.C:
			return batch
		}
	}
	return batch
}

// record stores tries. One that was not made for the sake of its host has no
// row, only a later date.
func (o *Outbox) record(ctx context.Context, batch []store.Attempt) error {
	// A delivery that was made must not be made again because we stop.
	return o.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.RecordAttempts(batch) })
}

// try delivers once and decides what becomes of the delivery.
func (o *Outbox) try(ctx context.Context, activity *store.Activity, d *store.Delivery, body []byte, digest string, key *federation.Key) store.Attempt {
	host := federation.Host(d.Host)
	if err := o.Partners.Admits(host); err != nil {
		d.State = "dead"
		return store.Attempt{Delivery: d, Error: err.Error()}
	}
	gate := o.gates.of(host)
	if until := gate.enter(); until > 0 {
		d.NextAt = until
		return store.Attempt{Delivery: d, Postponed: true}
	}
	result := o.Fed.Deliver(ctx, d.Inbox, body, digest, key)
	gate.leave(result)
	d.Attempts++
	attempt := store.Attempt{Delivery: d, Status: result.Status, Duration: result.Duration.Milliseconds()}
	age := time.Since(activity.CreatedAt.Time())
	switch {
	case result.Err == nil:
		d.State = "done"
		return attempt
	case !result.Retry, age > giveUp:
		d.State = "dead"
	default:
		d.NextAt = store.Now().Add(max(result.After, pause(d.Attempts)))
	}
	attempt.Error = result.Err.Error()
	o.Log.Warn("delivery failed", "host", d.Host, "activity", activity.URI, "kind", activity.Kind, "attempt", d.Attempts, "status", result.Status, "state", d.State, "error", result.Err)
	return attempt
}

// pause is how long to wait after the given number of tries, give or take a
// tenth, so that what failed together does not come back together.
func pause(attempts int) time.Duration {
	d := longestPause
	if shift := attempts - 1; shift < 20 {
		d = min(firstPause<<shift, longestPause)
	}
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d))
}

// Retry tries a delivery that waits or was given up, now.
func (o *Outbox) Retry(ctx context.Context, deliveryID int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		activity, err := tx.Retry(deliveryID)
		if err != nil {
			return err
		}
		return o.Queue.Insert(ctx, tx, DeliverJob{ActivityID: activity})
	})
}
