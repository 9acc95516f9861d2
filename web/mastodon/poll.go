package mastodon

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/internal/text"
	"parley/outbox"
)

// poll is the entity of a poll as one viewer sees it.
// https://docs.joinmastodon.org/entities/Poll/
type poll struct {
	ID          string       `json:"id"`
	ExpiresAt   *string      `json:"expires_at"`
	Expired     bool         `json:"expired"`
	Multiple    bool         `json:"multiple"`
	VotesCount  int64        `json:"votes_count"`
	VotersCount *int64       `json:"voters_count"`
	Options     []pollOption `json:"options"`
	Emojis      []emoji      `json:"emojis"`
	Voted       bool         `json:"voted"`
	OwnVotes    []int        `json:"own_votes"`
}

type pollOption struct {
	Title      string `json:"title"`
	VotesCount *int64 `json:"votes_count"`
}

// pollOf makes the entity. The id is the post's, which has one poll at most.
func pollOf(p *store.Poll, author, viewer int64, chosen []int, emojis []emoji) *poll {
	e := &poll{ID: id(p.PostID), ExpiresAt: optionalMoment(p.ExpiresAt), Expired: p.Over(store.Now()), Multiple: p.Multiple,
		VotesCount: p.Votes(), VotersCount: &p.VotersCount, Options: make([]pollOption, len(p.Options)), Emojis: append([]emoji{}, emojis...),
		Voted: viewer != 0 && viewer == author || len(chosen) > 0, OwnVotes: chosen}
	if chosen == nil {
		e.OwnVotes = []int{}
	}
	for i := range p.Options {
		e.Options[i].Title = p.Options[i].Title
		if !p.HideTotals || e.Expired {
			e.Options[i].VotesCount = &p.Options[i].Votes
		}
	}
	return e
}

// ballots are the polls of a page, rendered for its viewer, by post.
func (a *API) ballots(r store.Reader, viewer int64, entries []store.Entry) (map[int64][]byte, error) {
	authors := map[int64]int64{}
	var posts []int64
	for _, e := range entries {
		if !e.Question {
			continue
		}
		post, author := e.PostID, e.ActorID
		if e.BoostOfID != 0 {
			post, author = e.BoostOfID, e.BoostActorID
		}
		posts, authors[post] = append(posts, post), author
	}
	polls, err := r.Polls(posts)
	if err != nil || len(polls) == 0 {
		return nil, err
	}
	chosen, err := r.Choices(viewer, posts)
	if err != nil {
		return nil, err
	}
	emojis, err := a.pollEmojis(r, polls)
	if err != nil {
		return nil, err
	}
	rendered := make(map[int64][]byte, len(polls))
	for post, p := range polls {
		rendered[post] = encode(pollOf(p, authors[post], viewer, chosen[post], emojis[post]))
	}
	return rendered, nil
}

// pollEmojis are the custom emoji in the options of polls, by post. Few have
// any: only the posts of those are read.
func (a *API) pollEmojis(r store.Reader, polls map[int64]*store.Poll) (map[int64][]emoji, error) {
	codes, emojis := map[int64][]string{}, map[int64][]emoji{}
	for post, p := range polls {
		var titles strings.Builder
		for _, o := range p.Options {
			titles.WriteString(o.Title + "\n")
		}
		if found := text.Shortcodes(titles.String()); len(found) > 0 {
			codes[post] = found
		}
	}
	posts, err := r.Posts(slices.Collect(maps.Keys(codes)))
	for post, p := range posts {
		emojis[post] = a.emojis(p.URI, slices.DeleteFunc(p.Emojis, func(e store.Emoji) bool { return !slices.Contains(codes[post], e.Shortcode) }))
	}
	return emojis, err
}

// Poll answers with a poll. https://docs.joinmastodon.org/methods/polls/
func (a *API) Poll(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return a.showPoll(c, id)
}

func (a *API) showPoll(c *gin.Context, id int64) error {
	e, err := a.entry(a.reader(c), viewer(c), id)
	if err != nil {
		return err
	}
	shown, err := a.ballots(a.reader(c), viewer(c), []store.Entry{e})
	if err != nil {
		return err
	}
	if shown[id] == nil {
		return errNotFound
	}
	return write(c, func(b []byte) []byte { return append(b, shown[id]...) })
}

// Vote has the viewer choose.
func (a *API) Vote(c *gin.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	p, err := read(c)
	if err != nil {
		return err
	}
	var choices []int
	for _, text := range p.texts("choices") {
		choice, err := strconv.Atoi(text)
		if err != nil {
			return fault.New(fault.Invalid, "Validation failed: choices are the numbers of options, from 0")
		}
		choices = append(choices, choice)
	}
	if err := a.Outbox.Vote(contextOf(c), viewer(c), id, choices); err != nil {
		return err
	}
	return a.showPoll(c, id)
}

// pollDraft reads the poll of a new post, nil where there is none.
func pollDraft(p *params) *outbox.PollDraft {
	if !p.has("poll[options]") {
		return nil
	}
	seconds, _ := strconv.Atoi(p.text("poll[expires_in]"))
	return &outbox.PollDraft{Options: p.texts("poll[options]"), Multiple: p.yes("poll[multiple]"), HideTotals: p.yes("poll[hide_totals]"),
		For: time.Duration(seconds) * time.Second}
}
