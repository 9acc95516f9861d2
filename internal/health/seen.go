package health

import (
	"context"

	"parley/auth"
	"parley/internal/store"
)

// Seen is what came of a request on its way to the node.
type Seen struct {
	Host      string `json:"host"`      // as the request names it
	Address   string `json:"address"`   // whom the node takes for its sender
	Peer      string `json:"peer"`      // who is at the other end of the connection, with the port
	Forwarded string `json:"forwarded"` // X-Forwarded-For
	WebSocket bool   `json:"websocket"` // the wish for a WebSocket arrived
}

// Announce makes the secret by which the node knows for a minute that its owner
// asks what it sees, once.
func (h *Health) Announce(ctx context.Context) (string, error) {
	secret := auth.NewSecret()
	return secret, h.DB.Write(ctx, func(tx *store.Tx) error { return tx.BeginCheck(auth.Hash(secret)) })
}

// Expects finds out whether the secret was announced, and uses it up. To
// whoever has none it answers fault.NotFound.
func (h *Health) Expects(ctx context.Context, secret string) error {
	if err := h.DB.With(ctx).Check(auth.Hash(secret)); err != nil {
		return err
	}
	return h.DB.Write(ctx, func(tx *store.Tx) error { return tx.TakeCheck(auth.Hash(secret)) })
}
