package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"parley/actors"
	"parley/auth"
	"parley/internal/store"
)

type botCommand struct {
	Create  botCreateCommand  `cmd:"" help:"Make a service account."`
	Token   botTokenCommand   `cmd:"" help:"Make a token for a bot, and print only that."`
	List    botListCommand    `cmd:"" help:"List the bots and their tokens."`
	Revoke  botRevokeCommand  `cmd:"" help:"End a token at once."`
	Disable botDisableCommand `cmd:"" help:"End the access of a bot. What it said stays; parley account enable lets it back in."`
}

type botCreateCommand struct {
	Name        string `arg:"" help:"User name."`
	DisplayName string `help:"Name as people read it." placeholder:"TEXT"`
	RunBy       string `help:"Who answers for it: a person of this node." placeholder:"NAME"`
}

func (c botCreateCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		bot := actors.Newcomer{Kind: store.BotKind, Username: c.Name, DisplayName: c.DisplayName, Role: string(auth.Bot), Exact: true}
		if c.RunBy != "" {
			person, err := n.local(ctx, c.RunBy)
			if err != nil {
				return err
			}
			bot.RunBy = person.ID
		}
		account, err := n.actors.Create(ctx, bot)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.out, "Made @%s@%s. Give it a token with parley bot token.\n", account.Actor.Username, n.actors.Domain)
		return err
	})
}

type botTokenCommand struct {
	Bot     string    `arg:"" name:"name" help:"User name of the bot."`
	Name    string    `required:"" help:"What the token is for." placeholder:"TEXT"`
	Scopes  string    `help:"What the token may do, separated by spaces." default:"read write"`
	Expires time.Time `help:"The day from which on it is worth nothing, such as 2027-12-31. Without one it does not end." format:"2006-01-02" placeholder:"DAY"`
}

func (c botTokenCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		bot, err := n.local(ctx, c.Bot)
		if err != nil {
			return err
		}
		scopes, err := auth.ParseScopes(c.Scopes)
		if err != nil {
			return err
		}
		token, err := n.auth.IssueBotToken(ctx, 0, bot.ID, auth.BotToken{Name: c.Name, Scopes: scopes, Expires: store.TimeOf(c.Expires)})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(r.out, token)
		return err
	})
}

type botListCommand struct{}

func (botListCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		db := n.db.With(ctx)
		bots, err := db.Bots()
		if err != nil {
			return err
		}
		ids := make([]int64, len(bots))
		for i, bot := range bots {
			ids[i] = bot.ID
		}
		live, err := db.TokensOf(ids)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "BOT\tSTATE\tTOKEN\tNAME\tSCOPES\tLAST USED\tEXPIRES")
		for _, bot := range bots {
			tokens := live[bot.ID]
			if len(tokens) == 0 {
				fmt.Fprintf(w, "%s\t%s\t-\t\t\t\t\n", bot.Username, bot.Lifecycle)
			}
			for _, t := range tokens {
				fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", bot.Username, bot.Lifecycle, t.ID, t.Name, t.Scopes, moment(t.UsedAt), moment(t.ExpiresAt))
			}
		}
		return w.Flush()
	})
}

type botRevokeCommand struct {
	Bot string `arg:"" name:"name" help:"User name of the bot."`
	ID  int64  `arg:"" help:"The token's id, from parley bot list."`
}

func (c botRevokeCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		bot, err := n.local(ctx, c.Bot)
		if err != nil {
			return err
		}
		return n.auth.RevokeBotToken(ctx, 0, bot.ID, c.ID)
	})
}

type botDisableCommand struct {
	Bot string `arg:"" name:"name" help:"User name of the bot."`
}

func (c botDisableCommand) Run(r *run) error {
	return r.with(func(ctx context.Context, n *node) error {
		bot, err := n.local(ctx, c.Bot)
		if err != nil {
			return err
		}
		if !bot.Robot() {
			return fmt.Errorf("@%s is no bot: see parley bot list", bot.Username)
		}
		return n.actors.Close(ctx, 0, bot.ID)
	})
}
