package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/federation"
	"parley/internal/queue"
	"parley/internal/store"
	"parley/internal/telemetry"
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

const (
	inFlight = 256         // deliveries of one activity at a time
	inHand   = time.Minute // how long nobody else touches one that is tried
)

// Deliver carries out the job.
func (o *Outbox) Deliver(ctx context.Context, job DeliverJob) error {
	r := o.DB.With(ctx)
	activity, err := r.Activity(job.ActivityID)
	if err != nil {
		return err
	}
	if err := o.deliver(ctx, activity); err != nil {
		return err
	}
	next, err := r.NextDue(activity.ID)
	if err != nil || next == 0 {
		return err
	}
	now := store.TimeOf(o.Now())
	// Due, and yet not tried: an earlier one about the same object is before it.
	next = max(next, now.Add(time.Second))
	var first bool
	err = o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		first, err = tx.SetAlarm(activity.ID, now, next)
		return err
	})
	if err != nil || !first {
		return err
	}
	return queue.Later(next.Time().Sub(now.Time()))
}

// deliver tries what is due, so many at a time, and stores results as they come.
func (o *Outbox) deliver(ctx context.Context, activity *store.Activity) error {
	var parcel *parcel
	results := make(chan outcome, inFlight)
	for left, more := 0, true; more || left > 0; {
		if more && left <= inFlight/2 {
			due, err := o.take(ctx, activity.ID, inFlight-left)
			if err != nil {
				return err
			}
			if len(due) > 0 && parcel == nil {
				if parcel, err = o.parcel(ctx, activity); err != nil {
					return err
				}
			}
			more, left = len(due) == inFlight-left, left+len(due)
			for _, d := range due {
				o.senders.run(func() { results <- o.try(ctx, parcel, d) })
			}
		}
		if left > 0 {
			batch := gather(results, left)
			left -= len(batch)
			if err := o.record(ctx, batch); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// take puts deliveries that are due into our hands, at most limit.
func (o *Outbox) take(ctx context.Context, activity int64, limit int) (due []*store.DueDelivery, err error) {
	now := store.TimeOf(o.Now())
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		due, err = tx.Take(activity, now, now.Add(inHand), limit)
		return err
	})
	return due, err
}

// parcel is what all receivers of an activity get, and the key it is signed by.
type parcel struct {
	activity *store.Activity
	body     []byte
	digest   string
	key      *federation.Key

	actor     *store.Actor               // whose followers get it; nil if it is not for them
	followers map[federation.Host]string // their digests
}

func (o *Outbox) parcel(ctx context.Context, activity *store.Activity) (*parcel, error) {
	key, err := o.Actors.Signer(ctx, activity.ActorID)
	if err != nil {
		return nil, err
	}
	body := []byte(activity.Body)
	p := &parcel{activity: activity, body: body, digest: federation.Digest(body), key: key}
	if !activity.ForFollowers {
		return p, nil
	}
	r := o.DB.With(ctx)
	if p.actor, err = r.Actor(activity.ActorID); err != nil {
		return nil, err
	}
	p.followers, err = o.digests.of(r, p.actor)
	return p, err
}

// outcome is what came of one try, for the delivery and for its host.
type outcome struct {
	store.Attempt
	news *hostNews
}

// gatherTime is how long results wait for others to be stored with: a commit
// costs as much as the rest of a delivery but for its signature. Who is killed
// meanwhile delivers these again, under the same ids.
const gatherTime = 150 * time.Millisecond

// gather takes what results there are and come soon, at most left of them.
func gather(results <-chan outcome, left int) []outcome {
	batch := []outcome{<-results}
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

// record stores tries, and what they show of the hosts. One that was not made
// for the sake of its host has no row, only a later date.
func (o *Outbox) record(ctx context.Context, batch []outcome) error {
	attempts := make([]store.Attempt, len(batch))
	for i, b := range batch {
		attempts[i] = b.Attempt
	}
	// A delivery that was made must not be made again because we stop.
	return o.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.RecordAttempts(attempts); err != nil {
			return err
		}
		for _, b := range batch {
			if err := o.noteHost(ctx, tx, b); err != nil {
				return err
			}
			if err := o.noteGone(ctx, tx, b.Attempt); err != nil {
				return err
			}
		}
		return nil
	})
}

// try delivers once, if the host can take it now, and decides what becomes of
// the delivery.
func (o *Outbox) try(ctx context.Context, p *parcel, due *store.DueDelivery) outcome {
	d, host := &due.Delivery, federation.Host(due.Host)
	if err := o.Partners.Admits(host); err != nil {
		d.State = "dead"
		return outcome{Attempt: store.Attempt{Delivery: d, At: store.TimeOf(o.Now()), Error: err.Error()}}
	}
	pass, until := o.gates.of(host, due.HostFailures, o.Now()).enter(o.Now)
	if pass == nil {
		return postponed(d, until)
	}
	ctx, span := telemetry.Start(ctx, telemetry.Client, "deliver")
	span.Set("server.address", due.Host)
	span.Set("parley.activity", p.activity.URI)
	result := o.carry(ctx, p, d)
	span.Number("http.response.status_code", result.Status)
	span.End(result.Err)
	if result.Err != nil && ctx.Err() != nil {
		pass.release()
		return postponed(d, o.Now()) // we stop, which says nothing of the host
	}
	attempt := o.judge(p.activity, d, result)
	telemetry.Delivery(o.Partners.Under(host), d.State, result.Duration)
	return outcome{Attempt: attempt, news: pass.leave(result, o.Now())}
}

func postponed(d *store.Delivery, until time.Time) outcome {
	d.NextAt = store.TimeOf(until)
	return outcome{Attempt: store.Attempt{Delivery: d, Postponed: true}}
}

// carry brings an activity to an inbox.
func (o *Outbox) carry(ctx context.Context, p *parcel, d *store.Delivery) federation.Result {
	return o.Fed.Deliver(ctx, d.Inbox, p.body, p.digest, p.synchronization(d.Host), p.key)
}

// judge decides what becomes of a delivery that was tried.
func (o *Outbox) judge(activity *store.Activity, d *store.Delivery, result federation.Result) store.Attempt {
	now := store.TimeOf(o.Now())
	d.Attempts++
	attempt := store.Attempt{Delivery: d, At: now, Status: result.Status, Duration: result.Duration.Milliseconds()}
	switch {
	case result.Err == nil:
		d.State = "done"
		return attempt
	case !result.Retry, activity.CreatedAt < now.Add(-giveUp):
		d.State = "dead"
	default:
		d.NextAt = now.Add(max(result.After, pause(d.Attempts)))
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
