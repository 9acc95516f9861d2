package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

// apart is how far from each other in time the posts of Seed are: half a
// minute, in ids.
const apart = 30_000 << 16

// Seed gives a node a past, quickly: so many posts by a thousand people
// elsewhere, of whom the reader, one of ours, follows each fifth. Each tenth
// post has the hashtag go, ten after each other are a thread, each hundredth
// told the reader something. Each third has the word common, each hundredth
// seldom, each ten thousandth rare.
func Seed(t testing.TB, db *store.DB, reader int64, posts int) {
	t.Helper()
	begin := store.NewID() - int64(posts+1)*apart
	fill := strings.NewReplacer("$posts", fmt.Sprint(posts), "$begin", fmt.Sprint(begin), "$apart", fmt.Sprint(apart), "$reader", fmt.Sprint(reader))
	for _, query := range append(past, words(db)) {
		require.NoError(t, exec(db, fill.Replace(query)), query)
	}
	for _, query := range []string{`ANALYZE`} {
		require.NoError(t, exec(db, query))
	}
}

func exec(db *store.DB, query string) (err error) {
	if db.Postgres != nil {
		_, err = db.Postgres.Exec(context.Background(), query)
	} else {
		_, err = db.SQLite.Exec(query)
	}
	return err
}

// numbers are 1 and up, to a bound.
const numbers = `WITH RECURSIVE s (n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM s WHERE n < `

// past are the statements of Seed, but for the words.
var past = []string{
	`INSERT INTO actors (id, uri, kind, username, domain, display_name, host, inbox_uri, created_at, updated_at) ` + numbers + `1000)
 SELECT $begin + n, 'https://far.example/users/' || n, 'Person', 'user' || n, 'far.example', 'Number ' || n, 'far.example', 'https://far.example/inbox', 1, 1 FROM s`,
	`INSERT INTO handles (name, domain, actor_id, created_at) SELECT username, domain, id, 1 FROM actors WHERE domain = 'far.example'`,
	`INSERT INTO follows (id, uri, follower_id, target_id, accepted, created_at)
 SELECT id, 'https://node.example/follows/' || id, $reader, id, TRUE, 1 FROM actors WHERE domain = 'far.example' AND id % 5 = 0`,
	`INSERT INTO posts (id, uri, actor_id, local, visibility, listed, thread_id, in_reply_to_id, content, tags, published_at, received_at) ` + numbers + `$posts)
 SELECT $begin + n * $apart, 'https://far.example/posts/' || n, $begin + 1 + n % 1000, FALSE, 'public', TRUE, $begin + (n - n % 10) * $apart,
  CASE WHEN n % 10 = 0 THEN 0 ELSE $begin + (n - 1) * $apart END, '<p>Some words that somebody wrote, number ' || n || '.</p>', CASE WHEN n % 10 = 0 THEN '["go"]' ELSE '[]' END, 1, 1 FROM s`,
	`INSERT INTO post_tags (tag, post_id, actor_id) SELECT 'go', id, actor_id FROM posts WHERE tags <> '[]'`,
	`INSERT INTO home_entries (reader_id, post_id) SELECT $reader, p.id FROM posts p JOIN follows f ON f.target_id = p.actor_id AND f.follower_id = $reader`,
	`INSERT INTO notifications (id, reader_id, kind, from_id, post_id, created_at) SELECT id, $reader, 'mention', actor_id, id, 1 FROM posts WHERE (id - $begin) / $apart % 100 = 0`,
}

// words are those of the posts, and the facts that searches ask for.
func words(db *store.DB) string {
	if db.Postgres == nil {
		return `INSERT INTO post_words (rowid, words) ` + numbers + `$posts)
 SELECT $begin + n * $apart, CASE WHEN n % 3 = 0 THEN 'common ' ELSE '' END || CASE WHEN n % 100 = 0 THEN 'seldom ' ELSE '' END || CASE WHEN n % 10000 = 0 THEN 'rare ' ELSE '' END
  || 'some words that somebody wrote w' || (n % 997) || ' v' || (n % 9973) || ' number ' || n || ' = =public =by:' || ($begin + 1 + n % 1000) FROM s`
	}
	return `INSERT INTO post_words (id, words) ` + numbers + `$posts)
 SELECT id, CAST(CASE WHEN n % 3 = 0 THEN 'common:1 ' ELSE '' END || CASE WHEN n % 100 = 0 THEN 'seldom:2 ' ELSE '' END || CASE WHEN n % 10000 = 0 THEN 'rare:3 ' ELSE '' END
  || 'some:4 words:5 that:6 somebody:7 wrote:8 w' || (n % 997) || ':9 v' || (n % 9973) || ':10 number:11 ' || n || ':12 ''='':13 ''=public'' ''=by:' || ($begin + 1 + n % 1000)
  || ''' ''=era:42:' || (id >> 42) || ''' ''=era:45:' || (id >> 45) || ''' ''=era:48:' || (id >> 48) || '''' AS tsvector) FROM (SELECT n, $begin + n * $apart AS id FROM s) x`
}
