package ui

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"parley/internal/fault"
	"parley/internal/store"
	"parley/outbox"
)

// loadPolls reads the polls of the posts that ask one.
func (from *rows) loadPolls(r store.Reader, reader int64) (err error) {
	var asked []int64
	for _, p := range from.posts {
		if p.Kind == "Question" {
			asked = append(asked, p.ID)
		}
	}
	if from.polls, err = r.Polls(asked); err != nil {
		return err
	}
	from.chosen, err = r.Choices(reader, asked)
	return err
}

// pollView makes the view of a poll for a reader who may vote, if it is open
// and they have not.
func pollView(p *store.Poll, chosen []int, may bool) *ViewPoll {
	over := p.Over(store.Now())
	v := &ViewPoll{Multiple: p.Multiple, Over: over, Open: may && !over && len(chosen) == 0, Hidden: p.HideTotals && !over, Voters: p.VotersCount, Ends: p.ExpiresAt.Time()}
	all := max(p.Votes(), 1)
	if p.Multiple && p.VotersCount > 0 {
		all = p.VotersCount
	}
	for i, o := range p.Options {
		v.Options = append(v.Options, ViewOption{Choice: i, Title: o.Title, Votes: o.Votes, Percent: min(o.Votes*100/all, 100), Chosen: slices.Contains(chosen, i)})
	}
	return v
}

// vote has the reader choose in the poll of a post.
func (u *UI) vote(c *gin.Context) func(context.Context, int64, int64) error {
	return func(ctx context.Context, me, post int64) error {
		var choices []int
		for _, text := range c.PostFormArray("choice") {
			choice, err := strconv.Atoi(text)
			if err != nil {
				return fault.New(fault.Invalid, "Choose one of the options")
			}
			choices = append(choices, choice)
		}
		return u.Outbox.Vote(ctx, me, post, choices)
	}
}

// asked is the poll that the form asks, nil where none of its options is
// filled in.
func asked(c *gin.Context) *outbox.PollDraft {
	var options []string
	for _, option := range c.PostFormArray("option") {
		if option != "" {
			options = append(options, option)
		}
	}
	if len(options) == 0 {
		return nil
	}
	hours, _ := strconv.Atoi(c.PostForm("hours"))
	return &outbox.PollDraft{Options: options, Multiple: c.PostForm("multiple") == "true", For: time.Duration(hours) * time.Hour}
}
