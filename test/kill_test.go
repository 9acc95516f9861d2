package test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// afterPause is long enough for a delivery that failed, or a host that failed
// several times, to be tried again.
const afterPause = 2 * time.Minute

// pair is two departments and somebody in each: bob follows alice.
type pair struct {
	sales, engineering *node
	alice, bob         *person
}

func newPair(t *testing.T, database string) *pair {
	t.Helper()
	p := &pair{sales: startNode(t, "sales.localhost", database), engineering: startNode(t, "engineering.localhost", database)}
	p.alice, p.bob = p.sales.join("alice"), p.engineering.join("bob")
	p.bob.follow(p.alice.handle())
	return p
}

// onEachPair runs the test on a new pair for each kind of database.
func onEachPair(t *testing.T, test func(t *testing.T, p *pair)) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		t.Parallel()
		test(t, newPair(t, database))
	})
}

// TestKillSender loses the power of a node that has said yes to a post and not
// delivered it.
func TestKillSender(t *testing.T) {
	onEachPair(t, func(t *testing.T, p *pair) {
		p.engineering.kill()
		p.alice.say("Said while engineering was down.")
		p.sales.kill()
		p.engineering.start()
		p.sales.start()
		p.arrives(t, "Said while engineering was down.")
	})
}

// TestKillWaiting loses the power of a node that has tried to deliver and is
// to try again later.
func TestKillWaiting(t *testing.T) {
	onEachPair(t, func(t *testing.T, p *pair) {
		p.engineering.kill()
		p.alice.say("Said, and tried to deliver.")
		eventually(t, "the try fails", func() bool { return bytes.Contains(p.sales.written(), []byte("delivery failed")) })
		p.sales.kill()
		p.engineering.start()
		p.sales.start()
		p.arrives(t, "Said, and tried to deliver.")
	})
}

// TestKillDelivering loses the power of a node in the middle of a delivery:
// the other node may have got it, and must not show it twice.
func TestKillDelivering(t *testing.T) {
	onEachPair(t, func(t *testing.T, p *pair) {
		p.engineering.pause()
		p.alice.say("Said while engineering hung.")
		p.sales.kill()
		p.engineering.resume()
		p.sales.start()
		p.arrives(t, "Said while engineering hung.")
	})
}

// TestKillReceiver loses the power of a node while it takes in posts. It may
// only have said yes to those that it had stored.
func TestKillReceiver(t *testing.T) {
	onEachPair(t, func(t *testing.T, p *pair) {
		var said []string
		for i := range 40 {
			said = append(said, fmt.Sprintf("Number %d of many.", i))
			p.alice.say(said[i])
			if i == 20 {
				p.engineering.kill()
			}
		}
		p.engineering.start()
		p.arrives(t, said...)
	})
}

// TestStopUnderLoad stops a node while people post. It keeps what it took.
func TestStopUnderLoad(t *testing.T) {
	onEachPair(t, func(t *testing.T, p *pair) {
		taken := make(chan string, 10_000)
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() {
				for i := 0; ; i++ {
					text := fmt.Sprintf("Writer %d says %d.", w, i)
					code, _, err := p.alice.try(t.Context(), "POST", "/api/v1/statuses", fields{"status": text})
					if err != nil || code != http.StatusOK {
						return
					}
					taken <- text
				}
			})
		}
		eventually(t, "posts are being taken", func() bool { return len(taken) > 50 })
		p.sales.stop()
		writers.Wait()
		close(taken)
		var said []string
		for text := range taken {
			said = append(said, text)
		}
		p.sales.start()
		p.arrives(t, said...)
	})
}

// arrives waits until bob sees what alice said, and one thing more that comes
// after it, and then insists that each is there once.
func (p *pair) arrives(t *testing.T, said ...string) {
	t.Helper()
	const last = "This is the last."
	p.alice.say(last)
	said = append(said, last)
	seen := map[string]int{}
	defer func() {
		if t.Failed() {
			missing := slices.DeleteFunc(slices.Clone(said), func(text string) bool { return seen[text] > 0 })
			t.Logf("missing: %q; on their way:\n%s", missing, p.sales.command("delivery", "list", "--limit", "100"))
		}
	}()
	eventuallyIn(t, afterPause, fmt.Sprintf("all %d posts arrive", len(said)), func() bool {
		seen = p.bob.everything()
		return len(seen) >= len(said)
	})
	for _, text := range said {
		require.Equal(t, 1, seen[text], text)
	}
	require.Len(t, seen, len(said))
}

var markup = regexp.MustCompile("<[^>]*>")

// everything is how often each text is in the person's home timeline, all
// pages of it.
func (p *person) everything() map[string]int {
	p.t.Helper()
	seen := map[string]int{}
	path := "/api/v1/timelines/home?limit=40"
	for next := path; next != ""; {
		var list []status
		p.get(next, &list)
		next = ""
		for _, s := range list {
			seen[markup.ReplaceAllString(s.Content, "")]++
			next = path + "&max_id=" + s.ID
		}
	}
	return seen
}
