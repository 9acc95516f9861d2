package auth

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// Networks knows from which networks nobody comes in, whoever it is. The list
// is kept in memory and read again every few seconds, so that what another
// process decides holds soon here too.
type Networks struct {
	DB *store.DB

	barred atomic.Pointer[[]barred]
}

type barred struct {
	network netip.Prefix
	until   store.Time // 0: for good
}

// reread is how long another process may take to learn of a change.
const reread = 3 * time.Second

// Watch keeps the list current until ctx ends.
func (n *Networks) Watch(ctx context.Context) {
	tick := time.NewTicker(reread)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := n.Load(ctx); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "cannot read the blocked networks; the last known ones hold", "error", err)
			}
		}
	}
}

// Load reads the list.
func (n *Networks) Load(ctx context.Context) error {
	rows, err := n.DB.With(ctx).IPBlocks()
	if err != nil {
		return err
	}
	list := make([]barred, 0, len(rows))
	for _, row := range rows {
		network, err := netip.ParsePrefix(row.Network)
		if err != nil {
			return err
		}
		list = append(list, barred{network, row.ExpiresAt})
	}
	n.barred.Store(&list)
	return nil
}

// Bars reports whether nobody comes in from an address.
func (n *Networks) Bars(address string) bool {
	list := n.barred.Load()
	if list == nil || len(*list) == 0 {
		return false
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	now := store.Now()
	for _, b := range *list {
		if b.network.Contains(ip.Unmap()) && (b.until == 0 || b.until > now) {
			return true
		}
	}
	return false
}

// NetworkBlock is what is to hold for a network.
type NetworkBlock struct {
	ID      int64 // 0: a new one
	Network netip.Prefix
	Comment string
	Until   store.Time // 0: for good
	From    string     // the address of who asks, whom it must not keep out
}

// Block has nobody come in from a network.
func (n *Networks) Block(ctx context.Context, by int64, b NetworkBlock) (*store.IPBlock, error) {
	if ip, err := netip.ParseAddr(b.From); err != nil || b.Network.Contains(ip.Unmap()) {
		return nil, fault.New(fault.Invalid, "Validation failed: Ip covers your own address "+b.From+": you would lock yourself out")
	}
	row := &store.IPBlock{ID: b.ID, Network: b.Network.String(), Comment: b.Comment, ExpiresAt: b.Until, UpdatedAt: store.Now()}
	err := n.DB.Write(ctx, func(tx *store.Tx) error {
		same, err := tx.IPBlock(row.Network)
		if err == nil && same.ID != b.ID {
			return fault.New(fault.Invalid, "Validation failed: Ip has already been taken")
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if row.CreatedAt = row.UpdatedAt; b.ID == 0 {
			row.ID = store.NewID()
		} else if before, err := store.BarrierByID[store.IPBlock](tx.Reader, b.ID); err != nil {
			return err
		} else {
			row.CreatedAt = before.CreatedAt
		}
		if err := store.SetBarrier(tx, row); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "network.block", Subject: row.Network, Detail: map[string]any{"expires_at": row.ExpiresAt}})
	})
	if err != nil {
		return nil, err
	}
	return row, n.Load(ctx)
}

// Unblock lets people in from a network again.
func (n *Networks) Unblock(ctx context.Context, by, id int64) error {
	err := n.DB.Write(ctx, func(tx *store.Tx) error {
		row, err := store.BarrierByID[store.IPBlock](tx.Reader, id)
		if err != nil {
			return err
		}
		if err := store.DropBarrier[store.IPBlock](tx, id); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "network.unblock", Subject: row.Network})
	})
	if err != nil {
		return err
	}
	return n.Load(ctx)
}
