package auth

import (
	"context"
	"net/http"
	"slices"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const (
	deviceName = "parley_device"
	deviceLife = 365 * 24 * time.Hour
	maxDevices = 50 // of an account
)

// meet remembers the browser by which somebody signs in. Of one that the account
// never used the person's others are told, until one of them says whose it is.
func (a *Auth) meet(tx *store.Tx, r *http.Request, actor *store.Actor, secret string) (int64, error) {
	d := &store.Device{AccountID: actor.ID, TokenHash: Hash(secret), UserAgent: clip(r.UserAgent(), maxUserAgent), Address: addressOf(r.Context())}
	first, err := tx.MeetDevice(d, maxDevices)
	if err != nil || !first || !d.Unclaimed {
		return d.ID, err
	}
	a.Notify.Devices(tx, actor.ID)
	return d.ID, audit.Write(tx, audit.Act{ActorID: actor.ID, Action: "account.new_device", Subject: actor.Username,
		Detail: map[string]any{"device": d.ID, "user_agent": d.UserAgent, "address": d.Address}})
}

// NewDevices are the browsers that signed in as somebody for the first time, and of
// which nobody has said whose they are. They are not asked themselves: whoever got
// in as somebody else would only have to say yes.
func (a *Auth) NewDevices(r store.Reader, who Who) ([]*store.Device, error) {
	all, err := r.UnclaimedDevices(who.Person())
	if err != nil || slices.ContainsFunc(all, func(d *store.Device) bool { return d.ID == who.DeviceID }) {
		return nil, err
	}
	return all, nil
}

// ClaimDevice says that a new device was the person who asks.
func (a *Auth) ClaimDevice(ctx context.Context, who Who, device int64) error {
	return a.settleDevice(ctx, who, device, "account.claim_device", (*store.Tx).ClaimDevice)
}

// EndDevice signs a new device out, and ends the apps that were connected since it
// came.
func (a *Auth) EndDevice(ctx context.Context, who Who, device int64) error {
	return a.settleDevice(ctx, who, device, "account.end_device", (*store.Tx).EndDevice)
}

func (a *Auth) settleDevice(ctx context.Context, who Who, device int64, action string, settle func(*store.Tx, *store.Device) error) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		open, err := a.NewDevices(tx.Reader, who)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(open, func(d *store.Device) bool { return d.ID == device })
		if at < 0 {
			return fault.New(fault.NotFound, "This was answered already.")
		}
		if err := settle(tx, open[at]); err != nil {
			return err
		}
		a.Notify.Devices(tx, who.Person())
		return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: action, Subject: who.Username, Detail: map[string]any{"device": device, "address": open[at].Address}})
	})
}
