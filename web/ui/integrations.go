package ui

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/actors"
	"parley/auth"
	"parley/internal/fault"
	"parley/internal/store"
)

// Integrations is the body of the owner's page of shared accounts and bots.
type Integrations struct {
	Shared []OwnerShared
	Bots   []OwnerBot
	Secret string // of the token just made: it is shown this once
	Named  string // what that token is called
	Scopes []string
	Ends   []Option
	Today  string // the first day on which a token may end
}

// OwnerShared is a shared account with the people who act as it.
type OwnerShared struct {
	Account ViewAccount
	State   string
	Members []ViewAccount
}

// OwnerBot is a service account with its tokens.
type OwnerBot struct {
	Account ViewAccount
	State   string
	RunBy   string
	Tokens  []OwnerToken
}

// OwnerToken is one of a bot's tokens, without its secret.
type OwnerToken struct {
	ID, Name, Scopes string
	Made, Used, Ends time.Time
}

// botScopes are those offered for a bot's token. A command gives any others.
var botScopes = []string{"read", "write", "follow", "push", "profile"}

// botTerms are how long a token may last, in days. One that does not end is made
// by command.
var botTerms = []Option{{Value: "30", Label: "30 days"}, {Value: "90", Label: "90 days", Selected: true}, {Value: "365", Label: "a year"}, {Value: "", Label: "until the day below"}}

// Integrations lists shared accounts and bots.
func (u *UI) Integrations(c *gin.Context) error { return u.integrations(c, Integrations{}) }

func (u *UI) integrations(c *gin.Context, body Integrations) error {
	var err error
	if body.Shared, err = u.ownerShared(u.reader(c)); err != nil {
		return err
	}
	if body.Bots, err = u.ownerBots(u.reader(c)); err != nil {
		return err
	}
	body.Scopes, body.Ends, body.Today = botScopes, botTerms, store.Now().Add(24*time.Hour).Time().UTC().Format(time.DateOnly)
	return u.show(c, "owner_integrations", "Integrations", "owner", body)
}

func (u *UI) ownerShared(r store.Reader) ([]OwnerShared, error) {
	shared, err := r.SharedAccounts()
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(shared))
	for i, a := range shared {
		ids[i] = a.ID
	}
	members, err := r.SharedMembers(ids)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, all := range members {
		for _, m := range all {
			people = append(people, m.PersonID)
		}
	}
	actors, err := r.Actors(store.Unique(people))
	if err != nil {
		return nil, err
	}
	rows := make([]OwnerShared, len(shared))
	for i, a := range shared {
		rows[i] = OwnerShared{Account: u.account(a), State: string(a.Lifecycle)}
		for _, m := range members[a.ID] {
			if who := actors[m.PersonID]; who != nil {
				rows[i].Members = append(rows[i].Members, u.account(who))
			}
		}
	}
	return rows, nil
}

func (u *UI) ownerBots(r store.Reader) ([]OwnerBot, error) {
	bots, err := r.Bots()
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(bots))
	for i, a := range bots {
		ids[i] = a.ID
	}
	users, err := r.Users(ids)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, user := range users {
		people = append(people, user.RunBy)
	}
	answerable, err := r.Actors(store.Unique(people))
	if err != nil {
		return nil, err
	}
	live, err := r.TokensOf(ids)
	if err != nil {
		return nil, err
	}
	rows := make([]OwnerBot, len(bots))
	for i, a := range bots {
		rows[i] = OwnerBot{Account: u.account(a), State: string(a.Lifecycle)}
		if who := answerable[users[a.ID].RunBy]; who != nil {
			rows[i].RunBy = "@" + who.Acct()
		}
		for _, t := range live[a.ID] {
			rows[i].Tokens = append(rows[i].Tokens, OwnerToken{ID: id(t.ID), Name: t.Name, Scopes: t.Scopes, Made: t.CreatedAt.Time(), Used: instant(t.UsedAt), Ends: instant(t.ExpiresAt)})
		}
	}
	return rows, nil
}

// instant is a time of the store, zero where there is none.
func instant(t store.Time) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return t.Time()
}

// runBy is who answers for a bot, nil where it is none or nobody was named.
func (u *UI) runBy(r store.Reader, bot *store.Actor) (*ViewAccount, error) {
	if !bot.Robot() {
		return nil, nil
	}
	user, err := r.User(bot.ID)
	if err != nil || user.RunBy == 0 {
		return nil, err
	}
	person, err := r.Actor(user.RunBy)
	if err != nil {
		return nil, err
	}
	v := u.account(person)
	return &v, nil
}

// MakeShared makes a shared account. Its maker is not among its members until
// somebody adds him.
func (u *UI) MakeShared(c *gin.Context) error {
	_, err := u.Actors.Create(c.Request.Context(), actors.Newcomer{Kind: store.SharedKind, Role: string(auth.Member),
		Username: c.PostForm("name"), DisplayName: c.PostForm("display_name"), By: viewer(c), Exact: true})
	if err != nil {
		return err
	}
	return see(c, "/owner/integrations?done=shared")
}

// ChangeMembers adds somebody to a shared account, or removes them.
func (u *UI) ChangeMembers(c *gin.Context) error {
	person, err := u.named(c, c.PostForm("name"))
	if err != nil {
		return err
	}
	switch c.PostForm("act") {
	case "add":
		err = u.Actors.AddMember(c.Request.Context(), viewer(c), number(c.Param("id")), person.ID)
	case "remove":
		err = u.Actors.RemoveMember(c.Request.Context(), viewer(c), number(c.Param("id")), person.ID)
	default:
		err = errNotFound
	}
	if err != nil {
		return err
	}
	return see(c, "/owner/integrations?done=shared")
}

// named is the account of this node with a name that somebody typed.
func (u *UI) named(c *gin.Context, name string) (*store.Actor, error) {
	actor, err := u.reader(c).ActorByHandle(strings.TrimPrefix(strings.TrimSpace(name), "@"), "")
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Invalid, "Nobody on this node has that name.")
	}
	return actor, err
}

// MakeBot makes a service account. Who makes it answers for it, unless somebody
// else is named.
func (u *UI) MakeBot(c *gin.Context) error {
	runBy := viewer(c)
	if name := c.PostForm("run_by"); name != "" {
		person, err := u.named(c, name)
		if err != nil {
			return err
		}
		runBy = person.ID
	}
	_, err := u.Actors.Create(c.Request.Context(), actors.Newcomer{Kind: store.BotKind, Role: string(auth.Bot), RunBy: runBy,
		Username: c.PostForm("name"), DisplayName: c.PostForm("display_name"), By: viewer(c), Exact: true})
	if err != nil {
		return err
	}
	return see(c, "/owner/integrations?done=shared")
}

// MakeBotToken makes a token and shows it, this once.
func (u *UI) MakeBotToken(c *gin.Context) error {
	scopes, err := auth.ParseScopes(strings.Join(c.PostFormArray("scope"), " "))
	if err != nil {
		return err
	}
	ends, err := tokenEnd(c.PostForm("days"), c.PostForm("until"))
	if err != nil {
		return err
	}
	secret, err := u.Auth.IssueBotToken(c.Request.Context(), viewer(c), number(c.Param("id")), auth.BotToken{Name: c.PostForm("name"), Scopes: scopes, Expires: ends})
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	return u.integrations(c, Integrations{Secret: secret, Named: c.PostForm("name")})
}

// tokenEnd reads after how many days, or on which day, a token ends.
func tokenEnd(days, until string) (store.Time, error) {
	if n := number(days); n > 0 && n <= 365 {
		return store.Now().Add(time.Duration(n) * 24 * time.Hour), nil
	}
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return 0, fault.New(fault.Invalid, "Say when the token ends: after how many days, or on which day.")
	}
	return store.TimeOf(day), nil
}

// RevokeBotToken ends a token.
func (u *UI) RevokeBotToken(c *gin.Context) error {
	if err := u.Auth.RevokeBotToken(c.Request.Context(), viewer(c), number(c.Param("id")), number(c.Param("token"))); err != nil {
		return err
	}
	return see(c, "/owner/integrations?done=token")
}
