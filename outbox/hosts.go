package outbox

import (
	"context"
	"fmt"
	"time"

	"parley/federation"
	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/queue"
	"parley/internal/store"
)

// ProbeJob tries one delivery to a host that is unavailable, at the time that
// the host's row says. All else for the host waits for how it goes.
type ProbeJob struct {
	Host string `json:"host"`

	// Asked has it done now, once, with this delivery if it may go: an owner
	// wants to know.
	Asked int64 `json:"asked,omitempty"`
}

// Kind names the job.
func (ProbeJob) Kind() string { return "probe" }

// WakeJob sends what waited for a host that answers again.
type WakeJob struct {
	Host  string `json:"host"`
	Above int64  `json:"above,omitempty"` // activity
}

// Kind names the job.
func (WakeJob) Kind() string { return "wake" }

// SweepJob goes after what is due and nobody came for.
type SweepJob struct{}

// Kind names the job.
func (SweepJob) Kind() string { return "sweep" }

// noteHost stores what a try showed of its host.
func (o *Outbox) noteHost(ctx context.Context, tx *store.Tx, b outcome) error {
	if b.news == nil {
		return nil
	}
	host, at := b.Delivery.Host, b.At
	if b.news.answered {
		return o.answered(ctx, tx, host, at)
	}
	if err := tx.HostFailed(host, b.news.failures, at, b.news.reason); err != nil || b.news.until.IsZero() {
		return err
	}
	shut, err := tx.ShutHost(host, at, store.TimeOf(b.news.until))
	if err != nil || !shut {
		return err
	}
	o.Log.Warn("host is unavailable", "host", host, "until", b.news.until, "error", b.news.reason)
	return o.Queue.InsertAt(ctx, tx, ProbeJob{Host: host}, o.alarm(b.news.until))
}

// answered has everything that waits for a host go.
func (o *Outbox) answered(ctx context.Context, tx *store.Tx, host string, at store.Time) error {
	was, err := tx.HostAnswered(host, at)
	if err != nil || !was {
		return err
	}
	o.Log.Info("host answers again", "host", host)
	return o.Queue.Insert(ctx, tx, WakeJob{Host: host})
}

// alarm is a time by our clock as one by the job queue's.
func (o *Outbox) alarm(t time.Time) time.Time { return time.Now().Add(t.Sub(o.Now())) }

// Probe carries out a ProbeJob.
func (o *Outbox) Probe(ctx context.Context, job ProbeJob) error {
	host, err := o.DB.With(ctx).Host(job.Host)
	if fault.Is(err, fault.NotFound) || err == nil && host.State != store.Unavailable {
		return nil
	}
	if err != nil {
		return err
	}
	if wait := host.NextProbeAt.Time().Sub(o.Now()); job.Asked == 0 && wait > 0 {
		return queue.Later(wait)
	}
	d, err := o.claim(ctx, host, job)
	if err != nil {
		return err
	}
	if d != nil {
		if err := o.probe(ctx, host, d); err != nil {
			return err
		}
	}
	if job.Asked != 0 {
		return nil
	}
	return queue.Later(time.Second) // to see how long it is left alone now
}

// claim takes the probe that is due and the delivery it is made with. Where
// nothing waits for the host there is no need to leave it alone.
func (o *Outbox) claim(ctx context.Context, host *store.Host, job ProbeJob) (d *store.Delivery, err error) {
	now := o.Now()
	at, next := store.TimeOf(now), store.TimeOf(now.Add(probePause(now.Sub(host.FailingSince.Time()))))
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		d = nil
		mine, err := tx.ClaimProbe(host.Host, at, next, job.Asked != 0)
		if err != nil || !mine {
			return err
		}
		d, err = tx.TakeWaiting(host.Host, job.Asked, at, at.Add(inHand))
		if fault.Is(err, fault.NotFound) {
			d = nil
			return tx.OpenHost(host.Host, at)
		}
		return err
	})
	return d, err
}

// probe makes one delivery to see whether its host answers.
func (o *Outbox) probe(ctx context.Context, host *store.Host, d *store.Delivery) error {
	activity, err := o.DB.With(ctx).Activity(d.ActivityID)
	if err != nil {
		return err
	}
	p, err := o.parcel(ctx, activity)
	if err != nil {
		return err
	}
	b := outcome{Attempt: store.Attempt{Delivery: d, At: store.TimeOf(o.Now())}}
	if err := o.Partners.Admits(federation.Host(d.Host)); err != nil {
		d.State, b.Error = "dead", err.Error()
		return o.record(ctx, []outcome{b})
	}
	result := o.carry(ctx, p, d)
	if result.Err != nil && ctx.Err() != nil {
		return o.record(ctx, []outcome{postponed(d, o.Now())})
	}
	b.Attempt = o.judge(activity, d, result)
	o.gates.find(federation.Host(d.Host)).note(result, o.Now())
	if answers(result) {
		b.news = &hostNews{answered: true}
	} else {
		b.news = &hostNews{failures: 1, reason: result.Err.Error()}
	}
	if err := o.record(ctx, []outcome{b}); err != nil || b.news.answered {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		// Those that only wait grow old as well.
		if err := tx.GiveUp(host.Host, b.At.Add(-giveUp), b.At, "It waited too long: "+b.news.reason); err != nil {
			return err
		}
		return tx.PostponeProbe(host.Host, b.At, b.At.Add(max(result.After, probePause(b.At.Time().Sub(host.FailingSince.Time())))))
	})
}

// wakeAtOnce is for how many activities jobs are stored in one transaction.
const wakeAtOnce = 100

// Wake carries out a WakeJob.
func (o *Outbox) Wake(ctx context.Context, job WakeJob) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		ids, err := tx.WakeHost(job.Host, job.Above, store.TimeOf(o.Now()), wakeAtOnce)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := o.Queue.Insert(ctx, tx, DeliverJob{ActivityID: id}); err != nil {
				return err
			}
		}
		if len(ids) < wakeAtOnce {
			return nil
		}
		return o.Queue.Insert(ctx, tx, WakeJob{Host: job.Host, Above: ids[len(ids)-1]})
	})
}

// overdue is how late something may be before somebody goes after it.
const overdue = 2 * time.Minute

// Sweep carries out a SweepJob: what is to be delivered, and when, is in the
// rows; jobs are only the alarm clock, and one may be lost.
func (o *Outbox) Sweep(ctx context.Context, _ SweepJob) error {
	return o.Rouse(ctx, o.Now().Add(-overdue))
}

// Rouse stores jobs for what was due before the given time.
func (o *Outbox) Rouse(ctx context.Context, before time.Time) error {
	r, at := o.DB.With(ctx), store.TimeOf(before)
	stranded, err := r.Stranded(at, 500)
	if err != nil {
		return err
	}
	forgotten, err := r.Forgotten(at, 500)
	if err != nil || len(stranded)+len(forgotten) == 0 {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, id := range stranded {
			if err := o.Queue.Insert(ctx, tx, DeliverJob{ActivityID: id}); err != nil {
				return err
			}
		}
		for _, h := range forgotten {
			if err := o.Queue.Insert(ctx, tx, ProbeJob{Host: h.Host}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Retry tries a delivery that waits or was given up, now. Where its host is
// left alone it is a probe. by is who wants it: 0 for the command line.
func (o *Outbox) Retry(ctx context.Context, by, deliveryID int64) error {
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Retry(deliveryID, store.TimeOf(o.Now()))
		if err != nil {
			return err
		}
		if err := audit.Write(tx, audit.Act{ActorID: by, Action: "delivery.retry", Subject: d.Host, Detail: map[string]any{"delivery": d.ID}}); err != nil {
			return err
		}
		return o.again(ctx, tx, []*store.Delivery{d})
	})
}

// RetryDead tries everything that was given up for the host, or with none
// everything, and tells how many deliveries that are.
func (o *Outbox) RetryDead(ctx context.Context, by int64, host string) (total int, err error) {
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		return audit.Write(tx, audit.Act{ActorID: by, Action: "delivery.retry_dead", Subject: host})
	})
	if err != nil {
		return 0, err
	}
	for above := int64(0); ; {
		var rows []*store.Delivery
		err := o.DB.Write(ctx, func(tx *store.Tx) (err error) {
			if rows, err = tx.RetryDead(host, above, store.TimeOf(o.Now()), wakeAtOnce); err != nil {
				return err
			}
			return o.again(ctx, tx, rows)
		})
		if err != nil {
			return total, fmt.Errorf("after %d deliveries: %w", total, err)
		}
		total += len(rows)
		if len(rows) < wakeAtOnce {
			return total, nil
		}
		for _, d := range rows {
			above = max(above, d.ID)
		}
	}
}

// again stores the jobs for deliveries that are to be made now.
func (o *Outbox) again(ctx context.Context, tx *store.Tx, rows []*store.Delivery) error {
	done := map[int64]bool{}
	probed := map[string]bool{}
	for _, d := range rows {
		if !done[d.ActivityID] {
			done[d.ActivityID] = true
			if err := o.Queue.Insert(ctx, tx, DeliverJob{ActivityID: d.ActivityID}); err != nil {
				return err
			}
		}
		if !probed[d.Host] {
			probed[d.Host] = true
			if err := o.Queue.Insert(ctx, tx, ProbeJob{Host: d.Host, Asked: d.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}
