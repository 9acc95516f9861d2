package notify

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/fault"
	"parley/internal/media"
	"parley/internal/queue"
	"parley/internal/safehttp"
	"parley/internal/store"
)

// Push wakes client apps through the push services that they named. RFC 8030
type Push struct {
	DB     *store.DB
	HTTP   *safehttp.Client
	Remote *media.Remote // where pictures of other nodes are shown
	URL    string        // the node's public URL, without a slash at its end
	Log    *slog.Logger

	identity *identity
}

// Open reads the key by which push services know this node, or makes it.
func (p *Push) Open(ctx context.Context) error {
	fresh, err := newIdentity()
	if err != nil {
		return err
	}
	var text string
	err = p.DB.Write(ctx, func(tx *store.Tx) (err error) {
		text, err = tx.Secret("web push", fresh)
		return err
	})
	if err != nil {
		return err
	}
	p.identity, err = parseIdentity(text)
	return err
}

// PublicKey is the key as apps and push services know it.
func (p *Push) PublicKey() string { return p.identity.public }

// Alerts are the kinds that apps may ask to be woken by.
var Alerts = []string{
	"mention", "quote", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quoted_update",
	"added_to_collection", "collection_update", "severed_relationships", "moderation_warning", "admin.sign_up", "admin.report",
}

// Policies say whose notifications wake an app.
var Policies = []string{"all", "followed", "follower", "none"}

const maxEndpoint = 2048

// Subscribe stores where an app wants to be woken.
func (p *Push) Subscribe(ctx context.Context, s *store.PushSubscription) error {
	u, err := url.Parse(s.Endpoint)
	if err != nil || len(s.Endpoint) > maxEndpoint || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && p.HTTP.AllowsHTTP()) {
		return fault.New(fault.Invalid, "Validation failed: Endpoint is not a valid URL")
	}
	if _, _, err := keys(s); err != nil {
		return fault.Wrap(fault.Invalid, err, "Validation failed: Keys must be a P-256 public key and a secret of 16 bytes")
	}
	return p.DB.Write(ctx, func(tx *store.Tx) error { return tx.CreatePush(s) })
}

// Change stores what wakes an app.
func (p *Push) Change(ctx context.Context, s *store.PushSubscription) error {
	return p.DB.Write(ctx, func(tx *store.Tx) error { return tx.UpdatePush(s) })
}

// Unsubscribe lets an app sleep.
func (p *Push) Unsubscribe(ctx context.Context, tokenID int64) error {
	return p.DB.Write(ctx, func(tx *store.Tx) error { return tx.EndPushOfToken(tokenID) })
}

// keys reads what an app gave to encrypt for it.
func keys(s *store.PushSubscription) (*ecdh.PublicKey, []byte, error) {
	raw, err := decode(s.P256dh)
	if err != nil {
		return nil, nil, err
	}
	auth, err := decode(s.Auth)
	if err == nil && len(auth) != 16 {
		err = errors.New("the secret has another length than 16")
	}
	if err != nil {
		return nil, nil, err
	}
	public, err := ecdh.P256().NewPublicKey(raw)
	return public, auth, err
}

// decode reads base64 of either alphabet, padded or not: apps send any.
func decode(s string) ([]byte, error) {
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	return base64.RawURLEncoding.DecodeString(s)
}

// PushJob wakes one app for one notification.
type PushJob struct {
	SubscriptionID int64 `json:"subscription_id"`
	ReaderID       int64 `json:"reader_id"`
	NotificationID int64 `json:"notification_id"`
}

// Kind names the job.
func (PushJob) Kind() string { return "push" }

// wake asks for the reader's apps to be woken that want to be, for this.
func (n *Notify) wake(tx *store.Tx, row *store.Notification) error {
	apps, err := tx.PushSubscriptions(row.ReaderID)
	if err != nil || len(apps) == 0 {
		return err
	}
	a, err := tx.Acquaintance(row.ReaderID, row.FromID, row.PostID)
	if err != nil {
		return err
	}
	for _, s := range apps {
		if !wakes(s, a, row.Kind) {
			continue
		}
		job := PushJob{SubscriptionID: s.ID, ReaderID: row.ReaderID, NotificationID: row.ID}
		if err := n.Queue.Insert(context.Background(), tx, job); err != nil {
			return err
		}
	}
	return nil
}

// wakes reports whether the app asked for this kind, from such a sender.
func wakes(s *store.PushSubscription, a store.Acquaintance, kind string) bool {
	if !slices.Contains(s.Alerts, kind) {
		return false
	}
	switch s.Policy {
	case "all":
		return true
	case "followed":
		return a.Following
	case "follower":
		return a.FollowedSince != 0
	}
	return false
}

// pushLasts is how long a message is worth anything to its reader.
const pushLasts = 48 * time.Hour

// Send carries out the job. What cannot be told any more is no failure.
func (p *Push) Send(ctx context.Context, job PushJob) error {
	r := p.DB.With(ctx)
	s, err := r.PushSubscription(job.SubscriptionID)
	if err != nil {
		return missing(err)
	}
	n, err := r.Notification(job.ReaderID, job.NotificationID)
	if err != nil || n.CreatedAt < store.Now().Add(-pushLasts) {
		return missing(err)
	}
	text, err := p.message(r, n)
	if err != nil {
		return missing(err)
	}
	return p.deliver(ctx, s, text)
}

func missing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// deliver hands a message to the app's push service.
func (p *Push) deliver(ctx context.Context, s *store.PushSubscription, message any) error {
	req, err := p.request(s, message)
	if err != nil {
		return err
	}
	resp, err := p.HTTP.Do(ctx, req)
	if fault.Is(err, fault.Forbidden) {
		p.Log.WarnContext(ctx, "an app asks to be woken where this node may not go", "host", req.URL.Host, "error", fault.Message(err))
		return nil
	}
	if err != nil {
		// The whole address is the app's secret; the error would tell it.
		return fmt.Errorf("push through %s: %s", req.URL.Host, fault.Message(err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	switch code := resp.StatusCode; {
	case code < 300:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone: // RFC 8030 7.3
		return p.DB.Write(ctx, func(tx *store.Tx) error { return tx.EndPush(s.ID) })
	case code == http.StatusTooManyRequests:
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 { // RFC 8030 8.4
			return queue.Later(min(time.Duration(seconds)*time.Second, pushLasts))
		}
	case code < 500 && code != http.StatusRequestTimeout:
		p.Log.WarnContext(ctx, "a push service refused a message", "host", req.URL.Host, "status", code)
		return nil // and would again
	}
	return fmt.Errorf("push through %s: it answered %d", req.URL.Host, resp.StatusCode)
}

// request is the message on its way. RFC 8030 5
func (p *Push) request(s *store.PushSubscription, message any) (*http.Request, error) {
	app, auth, err := keys(s)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	sealed, err := seal(app, auth, plain, s.Standard)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, s.Endpoint, bytes.NewReader(sealed.body))
	if err != nil {
		return nil, err
	}
	token, err := p.identity.introduce(req.URL, p.URL, time.Now())
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Encoding", sealed.encoding)
	req.Header.Set("TTL", strconv.Itoa(int(pushLasts.Seconds())))
	req.Header.Set("Urgency", "normal")
	if s.Standard {
		req.Header.Set("Authorization", "vapid t="+token+", k="+p.identity.public) // RFC 8292 3
		return req, nil
	}
	req.Header.Set("Authorization", "WebPush "+token)
	req.Header.Set("Encryption", "salt="+sealed.salt)
	req.Header.Set("Crypto-Key", "dh="+sealed.senderDH+";p256ecdsa="+p.identity.public)
	return req, nil
}
