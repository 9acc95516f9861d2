package store

import "strconv"

// Poll is what a post of kind Question asks.
type Poll struct {
	PostID      int64        `gorm:"primaryKey;autoIncrement:false"`
	Options     []PollOption `gorm:"serializer:list"`
	Multiple    bool
	HideTotals  bool
	VotersCount int64
	ExpiresAt   Time
	ClosedAt    Time
	ToldAt      Time
}

// PollOption is one of the answers, and how many chose it.
type PollOption struct {
	Title string `json:"title"`
	Votes int64  `json:"votes"`
}

// Over reports whether nobody can vote any more.
func (p *Poll) Over(now Time) bool { return p.ClosedAt != 0 || p.ExpiresAt != 0 && p.ExpiresAt <= now }

// Votes are all that were given, more than there are voters where one may give
// several.
func (p *Poll) Votes() (n int64) {
	for _, o := range p.Options {
		n += o.Votes
	}
	return n
}

// Titles are what one can choose from.
func (p *Poll) Titles() []string {
	titles := make([]string, len(p.Options))
	for i, o := range p.Options {
		titles[i] = o.Title
	}
	return titles
}

// Polls are those of the posts, by post.
func (r Reader) Polls(posts []int64) (map[int64]*Poll, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	cond, arg := r.in("post_id", posts)
	var rows []*Poll
	if err := r.scan(&rows, `SELECT * FROM polls WHERE `+cond, arg); err != nil {
		return nil, err
	}
	return byID(rows, func(p *Poll) int64 { return p.PostID }), nil
}

// Poll is the one of the post.
func (r Reader) Poll(post int64) (*Poll, error) {
	var p Poll
	return &p, r.one(&p, "Poll", `SELECT * FROM polls WHERE post_id = ?`, post)
}

// Choices are what the voter chose in each of the polls, by post.
func (r Reader) Choices(voter int64, posts []int64) (map[int64][]int, error) {
	if voter == 0 || len(posts) == 0 {
		return nil, nil
	}
	cond, arg := r.in("post_id", posts)
	var rows []struct {
		PostID int64
		Choice int
	}
	if err := r.scan(&rows, `SELECT post_id, choice FROM poll_votes WHERE actor_id = ? AND `+cond+` ORDER BY post_id, choice`, voter, arg); err != nil {
		return nil, err
	}
	chosen := map[int64][]int{}
	for _, row := range rows {
		chosen[row.PostID] = append(chosen[row.PostID], row.Choice)
	}
	return chosen, nil
}

// Voters are who voted here or from elsewhere.
func (r Reader) Voters(post int64) (map[int64]*Actor, error) {
	var rows []*Actor
	err := r.scan(&rows, `SELECT * FROM actors WHERE id IN (SELECT actor_id FROM poll_votes WHERE post_id = ?)`, post)
	return byID(rows, func(a *Actor) int64 { return a.ID }), err
}

// CreatePoll stores the poll of a new post.
func (tx *Tx) CreatePoll(p *Poll) error { return tx.g.Create(p).Error }

// LockedPoll is the poll of the post, for this transaction alone to change.
func (tx *Tx) LockedPoll(post int64) (*Poll, error) {
	if err := tx.Alone("poll " + strconv.FormatInt(post, 10)); err != nil {
		return nil, err
	}
	return tx.Poll(post)
}

// UpdatePoll stores the poll as it is now, for its readers to see.
func (tx *Tx) UpdatePoll(p *Poll) error {
	if err := tx.g.Save(p).Error; err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE posts SET revision = revision + 1 WHERE id = ?`, p.PostID)
	return err
}

// AskAnew stores other options for a poll: what was voted for is not there any
// more.
func (tx *Tx) AskAnew(p *Poll) error {
	if _, err := tx.exec(`DELETE FROM poll_votes WHERE post_id = ?`, p.PostID); err != nil {
		return err
	}
	if err := tx.changed("posts", p.PostID); err != nil {
		return err
	}
	return tx.UpdatePoll(p)
}

// DropPoll takes the poll off its post.
func (tx *Tx) DropPoll(post int64) error {
	for _, query := range []string{`DELETE FROM poll_votes WHERE post_id = ?`, `DELETE FROM polls WHERE post_id = ?`} {
		if _, err := tx.exec(query, post); err != nil {
			return err
		}
	}
	return nil
}

// Vote counts what the voter chooses in a locked poll, and tells whether any of
// it counts: one votes once, and where one may choose several, once for each.
func (tx *Tx) Vote(p *Poll, voter int64, choices []int) (bool, error) {
	before, err := tx.number(`SELECT COUNT(*) FROM poll_votes WHERE post_id = ? AND actor_id = ?`, p.PostID, voter)
	if err != nil || before > 0 && !p.Multiple {
		return false, err
	}
	counted := false
	for _, choice := range choices {
		n, err := tx.exec(`INSERT INTO poll_votes (post_id, actor_id, choice, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, p.PostID, voter, choice, Now())
		if err != nil {
			return false, err
		}
		if n > 0 {
			counted = true
			p.Options[choice].Votes++
		}
	}
	if !counted {
		return false, nil
	}
	if before == 0 {
		p.VotersCount++
	}
	return true, tx.UpdatePoll(p)
}
