package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// apart is how far from each other in time the posts of Seed are: a minute, in
// ids. Ten thousand are of a week.
const apart = 60_000 << 16

// authors are how many people wrote what Seed stores.
const authors = 250

// Past is what Seed stored: posts and accounts, each numbered from 1.
type Past struct {
	Posts, Accounts int
	begin           int64
}

// Post is the id of the n-th post, the oldest first.
func (p Past) Post(n int) int64 { return p.begin + int64(n)*apart }

// Handle is that of the n-th account, without its host.
func (p Past) Handle(n int) string {
	return fmt.Sprintf("%c%cuser%d", letters[n%26], letters[n/26%26], n)
}

// Account is the id of the n-th account: the first wrote the posts.
func (p Past) Account(n int) int64 { return p.begin + int64(n) }

// Author is the id of one of those who wrote the posts, whatever n is.
func (p Past) Author(n int) int64 { return p.Account(1 + n%authors) }

// Seed gives a node a past, quickly: so many posts by people elsewhere, of whom
// the reader, one of ours, follows each fifth, and a tenth as many accounts.
// Each tenth post has the hashtag go and was liked by two, ten after each other
// are a thread, each hundredth names the reader and told them so, each fiftieth
// links to a page. Each third has the word common, each hundredth seldom, and
// twenty rare.
func Seed(t testing.TB, db *store.DB, reader int64, posts int) Past {
	t.Helper()
	past := Past{Posts: posts, Accounts: max(posts/10, 1000), begin: store.NewID() - int64(posts+1)*apart}
	fill := strings.NewReplacer("$posts", fmt.Sprint(posts), "$accounts", fmt.Sprint(past.Accounts), "$authors", fmt.Sprint(authors), "$begin", fmt.Sprint(past.begin),
		"$apart", fmt.Sprint(apart), "$reader", fmt.Sprint(reader), "$now", fmt.Sprint(store.Now()), "$seldom", fmt.Sprint(max(posts/20, 1)), "$name", handle, "$called", called)
	queries := append(history, words(db)...)
	if db.Postgres != nil {
		queries = append(queries, `VACUUM ANALYZE`) // as it does by itself
	}
	for _, query := range queries {
		require.NoError(t, exec(db, fill.Replace(query)), query)
	}
	return past
}

func exec(db *store.DB, query string) (err error) {
	if db.Postgres != nil {
		_, err = db.Postgres.Exec(context.Background(), query)
	} else {
		_, err = db.SQLite.Exec(query)
	}
	return err
}

// Names of the n-th account: handles begin in all ways there are, each twentieth
// is called the same.
const (
	letters = "etaoinshrdlucmfwypvbgkqjxz"

	handle = `(substr('` + letters + `', CAST(1 + n % 26 AS int), 1) || substr('` + letters + `', CAST(1 + n / 26 % 26 AS int), 1) || 'user' || n)`
	called = `(substr('` + letters + `', CAST(1 + n % 20 AS int), 1) || 'nna')`
)

// numbers are 1 and up, to a bound.
const numbers = `WITH RECURSIVE s (n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM s WHERE n < `

// history are the statements of Seed, but for the words.
var history = []string{
	`INSERT INTO actors (id, uri, kind, username, domain, display_name, host, inbox_uri, followers_count, last_status_at, created_at, updated_at) ` + numbers + `$accounts)
 SELECT $begin + n, 'https://far.example/users/' || n, 'Person', $name, 'far.example', $called || ' ' || n, 'far.example', 'https://far.example/inbox', n % 4999,
  CASE WHEN n > $authors THEN 0 ELSE $now - n * 60000 END, 1, 1 FROM s`,
	`INSERT INTO handles (name, domain, actor_id, created_at) SELECT username, domain, id, 1 FROM actors WHERE domain = 'far.example'`,
	`INSERT INTO follows (id, uri, follower_id, target_id, accepted, created_at) ` + numbers + `$authors)
 SELECT $begin + n, 'https://node.example/follows/' || n, $reader, $begin + n, TRUE, 1 FROM s WHERE n % 5 = 0`,
	`INSERT INTO follows (id, uri, follower_id, target_id, accepted, created_at) ` + numbers + `3 * $accounts)
 SELECT $begin - n, 'https://far.example/follows/' || n, $begin + 1 + n % $accounts, $begin + 1 + (n * 7 + n / $accounts) % $accounts, TRUE, 1 FROM s`,
	`INSERT INTO posts (id, uri, actor_id, local, visibility, listed, thread_id, in_reply_to_id, content, tags, favourites_count, published_at, received_at, replies_read_at) ` + numbers + `$posts)
 SELECT $begin + n * $apart, 'https://far.example/posts/' || n, $begin + 1 + n % $authors, FALSE, 'public', TRUE, $begin + (n - n % 10) * $apart, CASE WHEN n % 10 = 0 THEN 0 ELSE $begin + (n - 1) * $apart END,
  '<p>Some words that somebody wrote, number ' || n || '.</p>', CASE WHEN n % 10 = 0 THEN '["go"]' ELSE '[]' END, CASE WHEN n % 10 = 0 THEN 2 ELSE 0 END, ($begin + n * $apart) / 65536, ($begin + n * $apart) / 65536, $now FROM s`,
	`INSERT INTO post_tags (tag, post_id, actor_id) SELECT 'go', id, actor_id FROM posts WHERE tags <> '[]'`,
	`INSERT INTO tags (tag, used_at) VALUES ('go', $now)`,
	`INSERT INTO favourites (id, uri, actor_id, post_id, created_at) SELECT id + k, 'https://far.example/likes/' || (id + k), $begin + k + (id - $begin) / $apart % 997, id, 1 FROM posts, (SELECT 1 AS k UNION ALL SELECT 2) x WHERE tags <> '[]'`,
	`INSERT INTO home_entries (reader_id, post_id) SELECT $reader, p.id FROM posts p JOIN follows f ON f.target_id = p.actor_id AND f.follower_id = $reader`,
	`INSERT INTO notifications (id, reader_id, kind, from_id, post_id, created_at) SELECT id, $reader, 'mention', actor_id, id, 1 FROM posts WHERE (id - $begin) / $apart % 100 = 0`,
	`INSERT INTO mentions (post_id, actor_id) SELECT post_id, reader_id FROM notifications`,
	`INSERT INTO cards (id, url, title, description, blurhash, fresh_until) ` + numbers + `5) SELECT n, 'https://page.example/' || n, 'Page ' || n, 'About it', 'LEHV6nWB2yk8', $now FROM s`,
	`INSERT INTO post_cards (post_id, card_id) ` + numbers + `$posts / 50) SELECT $begin + n * 50 * $apart, 1 + n % 5 FROM s`,
	`DELETE FROM unindexed_posts`,
	`DELETE FROM unindexed_actors`,
}

// words are those of the posts, and the facts that searches ask for, and those
// of the accounts.
func words(db *store.DB) []string {
	if db.Postgres == nil {
		return []string{`INSERT INTO post_words (rowid, words) ` + numbers + `$posts)
 SELECT $begin + n * $apart, CASE WHEN n % 3 = 0 THEN 'common ' ELSE '' END || CASE WHEN n % 100 = 0 THEN 'seldom ' ELSE '' END || CASE WHEN n % $seldom = 0 THEN 'rare ' ELSE '' END
  || 'some words that somebody wrote number ' || n || ' = =public =by:' || ($begin + 1 + n % $authors) FROM s`,
			`INSERT INTO actor_words (rowid, words) ` + numbers + `$accounts) SELECT $begin + n, '@' || $name || '@far.example ' || $called || ' ' || n || ' = ' || $name FROM s`}
	}
	return []string{`INSERT INTO post_words (id, words) ` + numbers + `$posts)
 SELECT id, CAST(CASE WHEN n % 3 = 0 THEN 'common:1 ' ELSE '' END || CASE WHEN n % 100 = 0 THEN 'seldom:2 ' ELSE '' END || CASE WHEN n % $seldom = 0 THEN 'rare:3 ' ELSE '' END
  || 'some:4 words:5 that:6 somebody:7 wrote:8 number:9 ' || n || ':10 ''='':11 ''=public'':12 ''=by:' || ($begin + 1 + n % $authors)
  || ''':13 ''=era:42:' || (id >> 42) || ''' ''=era:45:' || (id >> 45) || ''' ''=era:48:' || (id >> 48) || '''' AS tsvector) FROM (SELECT n, $begin + n * $apart AS id FROM s) x`,
		`INSERT INTO actor_words (id, words) ` + numbers + `$accounts) SELECT $begin + n, CAST('''@' || $name || '@far.example'':1 ' || $called || ':2 ' || n || ':3 ''='':4 ' || $name || ':5' AS tsvector) FROM s`}
}
