package store

import (
	"slices"
	"strconv"
	"strings"
)

// Conversation is posts for few, in one thread and between the same people, as
// one of them has them.
type Conversation struct {
	ID           int64
	ReaderID     int64
	ThreadID     int64
	Participants string // ids of the others in order, joined by commas
	LastPostID   int64
	Unread       bool
}

// Others are the people whom the reader talks to.
func (c *Conversation) Others() []int64 {
	var ids []int64
	for text := range strings.SplitSeq(c.Participants, ",") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Conversations are the reader's, paged by their last posts.
func (r Reader) Conversations(reader int64, page Page) ([]*Conversation, error) {
	bounds, args, order := page.bounds("last_post_id")
	var rows []*Conversation
	err := r.scan(&rows, `SELECT * FROM conversations WHERE reader_id = ? AND `+bounds+` ORDER BY `+order+` LIMIT ?`, append(append([]any{reader}, args...), page.Limit)...)
	return newestFirst(page, rows), err
}

// Conversation is one of the reader's.
func (r Reader) Conversation(reader, id int64) (*Conversation, error) {
	var c Conversation
	return &c, r.one(&c, "Record", `SELECT * FROM conversations WHERE reader_id = ? AND id = ?`, reader, id)
}

// ConversationWith is the reader's that has the post in it.
func (r Reader) ConversationWith(reader, post int64) (*Conversation, error) {
	var c Conversation
	return &c, r.one(&c, "Record", `SELECT c.* FROM conversation_posts p JOIN conversations c ON c.id = p.conversation_id WHERE p.post_id = ? AND c.reader_id = ?`, post, reader)
}

// Converse puts a post for few into the conversation of one of ours with the
// others, unless the reader does not want to hear from its author.
func (tx *Tx) Converse(p *Post, reader int64, others []int64) error {
	texts := make([]string, len(others))
	for i, id := range slices.Sorted(slices.Values(others)) {
		texts[i] = strconv.FormatInt(id, 10)
	}
	c := condition{"u.actor_id = ?", []any{reader}}
	c.willing("u.actor_id", p.ActorID, p.ActorID)
	args := append([]any{NewID(), p.ThreadID, strings.Join(texts, ","), p.ID, p.ActorID != reader}, c.args...)
	// What comes late is not what was said last; who says something has read.
	ids, err := tx.ids(`INSERT INTO conversations (id, reader_id, thread_id, participants, last_post_id, unread)
 SELECT CAST(? AS bigint), u.actor_id, CAST(? AS bigint), CAST(? AS text), CAST(? AS bigint), CAST(? AS boolean) FROM users u WHERE `+c.text+`
 ON CONFLICT (reader_id, thread_id, participants) DO UPDATE SET
 unread = (excluded.unread OR conversations.unread AND excluded.last_post_id < conversations.last_post_id),
 last_post_id = CASE WHEN excluded.last_post_id > conversations.last_post_id THEN excluded.last_post_id ELSE conversations.last_post_id END RETURNING id`, args...)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = tx.exec(`INSERT INTO conversation_posts (conversation_id, post_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, ids[0], p.ID)
	return err
}

// ReadConversation marks a conversation of the reader as read, or not.
func (tx *Tx) ReadConversation(reader, id int64, unread bool) error {
	_, err := tx.exec(`UPDATE conversations SET unread = ? WHERE reader_id = ? AND id = ?`, unread, reader, id)
	return err
}

// DeleteConversation removes a conversation from the reader's list. The posts
// stay, and another one begins it anew.
func (tx *Tx) DeleteConversation(reader, id int64) error {
	if _, err := tx.exec(`DELETE FROM conversation_posts WHERE conversation_id IN (SELECT id FROM conversations WHERE reader_id = ? AND id = ?)`, reader, id); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM conversations WHERE reader_id = ? AND id = ?`, reader, id)
	return err
}

// leaveConversations takes a post that is gone out of conversations. What was
// said before it is the last then; one with nothing in it is none.
func (tx *Tx) leaveConversations(post int64) error {
	for _, query := range []string{
		`DELETE FROM conversation_posts WHERE post_id = ?`,
		`DELETE FROM conversations WHERE last_post_id = ? AND NOT EXISTS (SELECT 1 FROM conversation_posts p WHERE p.conversation_id = conversations.id)`,
		`UPDATE conversations SET last_post_id = (SELECT MAX(p.post_id) FROM conversation_posts p WHERE p.conversation_id = conversations.id) WHERE last_post_id = ?`,
	} {
		if _, err := tx.exec(query, post); err != nil {
			return err
		}
	}
	return nil
}

// MuteThread has the reader hear nothing more of a thread.
func (tx *Tx) MuteThread(reader, thread int64) error {
	_, err := tx.exec(`INSERT INTO thread_mutes (actor_id, thread_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, reader, thread)
	return err
}

// UnmuteThread ends that.
func (tx *Tx) UnmuteThread(reader, thread int64) error {
	_, err := tx.exec(`DELETE FROM thread_mutes WHERE actor_id = ? AND thread_id = ?`, reader, thread)
	return err
}

// twin is the conversation n that o becomes one with when their threads do.
const twin = `SELECT 1 FROM conversations n WHERE n.thread_id = ? AND n.reader_id = o.reader_id AND n.participants = o.participants`

// joinThreads makes one thread of two, and of what people have of them.
func (tx *Tx) joinThreads(old, thread int64) error {
	for _, step := range []condition{
		{`UPDATE posts SET thread_id = ? WHERE thread_id = ?`, []any{thread, old}},
		{`INSERT INTO thread_mutes (actor_id, thread_id) SELECT actor_id, CAST(? AS bigint) FROM thread_mutes WHERE thread_id = ? ON CONFLICT DO NOTHING`, []any{thread, old}},
		{`DELETE FROM thread_mutes WHERE thread_id = ?`, []any{old}},
		{`INSERT INTO conversation_posts (conversation_id, post_id) SELECT n.id, p.post_id FROM conversations o
 JOIN conversations n ON n.reader_id = o.reader_id AND n.participants = o.participants AND n.thread_id = ? JOIN conversation_posts p ON p.conversation_id = o.id
 WHERE o.thread_id = ? ON CONFLICT DO NOTHING`, []any{thread, old}},
		{`UPDATE conversations SET last_post_id = (SELECT MAX(p.post_id) FROM conversation_posts p WHERE p.conversation_id = conversations.id),
 unread = (unread OR EXISTS (SELECT 1 FROM conversations o WHERE o.thread_id = ? AND o.reader_id = conversations.reader_id AND o.participants = conversations.participants AND o.unread))
 WHERE thread_id = ?`, []any{old, thread}},
		{`DELETE FROM conversation_posts WHERE conversation_id IN (SELECT o.id FROM conversations o WHERE o.thread_id = ? AND EXISTS (` + twin + `))`, []any{old, thread}},
		{`DELETE FROM conversations WHERE id IN (SELECT o.id FROM conversations o WHERE o.thread_id = ? AND EXISTS (` + twin + `))`, []any{old, thread}},
		{`UPDATE conversations SET thread_id = ? WHERE thread_id = ?`, []any{thread, old}},
	} {
		if _, err := tx.exec(step.text, step.args...); err != nil {
			return err
		}
	}
	return nil
}
