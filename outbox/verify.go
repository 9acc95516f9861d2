package outbox

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"parley/internal/safehttp"
	"parley/internal/store"
	"parley/internal/text"
)

// VerifyJob looks whether the pages that a profile of ours names say that they
// are the same person's. Those of others are their own node's to verify, and
// what it finds is not federated.
type VerifyJob struct {
	ActorID int64 `json:"actor_id"`
}

// Kind names the job.
func (VerifyJob) Kind() string { return "verify" }

// Verify carries out a VerifyJob. A page that cannot be had says nothing.
func (o *Outbox) Verify(ctx context.Context, job VerifyJob) error {
	me, err := o.DB.With(ctx).Actor(job.ActorID)
	if err != nil || me.Lifecycle != store.Active {
		return err
	}
	verified := map[string]bool{}
	for _, f := range me.Fields {
		if !unverified(f) {
			continue
		}
		if err := o.namesBack(ctx, f.Source, me); err != nil {
			o.Log.Info("a page that a profile names is not verified", "actor", me.URI, "error", err)
			continue
		}
		verified[f.Source] = true
	}
	if len(verified) == 0 {
		return nil
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { return markVerified(tx, job.ActorID, verified) })
}

// markVerified notes it in the lines that still say the same.
func markVerified(tx *store.Tx, actor int64, pages map[string]bool) error {
	me, err := tx.Actor(actor)
	if err != nil {
		return err
	}
	for i, f := range me.Fields {
		if unverified(f) && pages[f.Source] {
			me.Fields[i].VerifiedAt = store.Now()
		}
	}
	return tx.UpdateActor(me)
}

// unverified reports whether a line is nothing but the address of a page that
// was not seen to name its owner.
func unverified(f store.Field) bool {
	u, err := url.Parse(f.Source)
	return f.VerifiedAt == 0 && err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// namesBack is nil if the page at the address says that it is the same person's.
// It need not be on a partner's host.
func (o *Outbox) namesBack(ctx context.Context, address string, me *store.Actor) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/html")
	response, err := o.Fed.HTTP.HTTPClient().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK || kind != "text/html" && kind != "application/xhtml+xml" {
		return errors.New("the address answers " + response.Status + " and " + kind)
	}
	if !text.NamesAsSelf(io.LimitReader(response.Body, safehttp.DocumentLimit), me.URL, me.URI) {
		return errors.New("the page does not name the profile with rel=me")
	}
	return nil
}
