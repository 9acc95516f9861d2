package auth

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

const (
	maxBotTokens = 20
	maxTokenName = 60 // characters
)

// BotToken is what a program acts with, as its maker asks for it.
type BotToken struct {
	Name    string
	Scopes  Scopes
	Expires store.Time // 0: never
}

// check refuses what no bot may have.
func (t BotToken) check() error {
	switch {
	case t.Name == "" || utf8.RuneCountInString(t.Name) > maxTokenName:
		return fault.New(fault.Invalid, "Give the token a name of at most 60 characters that says what it is for.")
	case slices.ContainsFunc(t.Scopes, func(s string) bool { return strings.HasPrefix(s, "admin:") }):
		return fault.New(fault.Invalid, "A bot administers nothing: leave out the scopes that begin with admin.")
	case t.Expires != 0 && t.Expires <= store.Now():
		return fault.New(fault.Invalid, "The token would have expired already: name a day to come.")
	}
	return nil
}

// IssueBotToken makes a token of a bot. Its secret is told this once.
func (a *Auth) IssueBotToken(ctx context.Context, by, bot int64, wanted BotToken) (string, error) {
	wanted.Name = strings.TrimSpace(clip(wanted.Name, 4*maxTokenName))
	if err := wanted.check(); err != nil {
		return "", err
	}
	t := newToken(0, bot, wanted.Scopes.String())
	t.Name, t.ExpiresAt = wanted.Name, wanted.Expires
	return t.secret, a.DB.Write(ctx, func(tx *store.Tx) error {
		actor, err := activeBot(tx, bot)
		if err != nil {
			return err
		}
		live, err := tx.Grants(bot)
		if err != nil {
			return err
		}
		if len(live) >= maxBotTokens {
			return fault.New(fault.Conflict, "The bot has 20 tokens, which is as many as it may have: end one that is not used.")
		}
		if err := tx.CreateToken(&t.Token); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "bot.token", Subject: actor.Username,
			Detail: map[string]any{"token": t.ID, "name": t.Name, "scopes": t.Scopes, "expires": t.ExpiresAt}})
	})
}

// RevokeBotToken ends a token of a bot, and its streams.
func (a *Auth) RevokeBotToken(ctx context.Context, by, bot, token int64) error {
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		actor, err := tx.Actor(bot)
		if err != nil {
			return err
		}
		live, err := tx.Grants(bot)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(live, func(g *store.Grant) bool { return g.ID == token })
		if at < 0 || !actor.Robot() {
			return fault.New(fault.NotFound, "The bot has no such token any more.")
		}
		if err := tx.RevokeTokenByID(token); err != nil {
			return err
		}
		return audit.Write(tx, audit.Act{ActorID: by, Action: "bot.revoke", Subject: actor.Username, Detail: map[string]any{"token": token, "name": live[at].Name}})
	})
}

func activeBot(tx *store.Tx, id int64) (*store.Actor, error) {
	actor, err := tx.Actor(id)
	if err != nil {
		return nil, err
	}
	if !actor.Robot() || actor.Lifecycle != store.Active {
		return nil, fault.New(fault.Invalid, "@"+actor.Acct()+" is no bot that is in use: see parley bot list")
	}
	return actor, nil
}
