package inbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/federation"
	"parley/internal/nodetest"
)

// A signed body is an activity if it is said to be one, and not because of who
// signed it.
func TestWhatIsSentToAnInbox(t *testing.T) {
	n := sqlite(t)
	bob := nodetest.Play(t, "far").Actor("bob")
	n.Follow(n.Person("alice"), bob)
	for kind, status := range map[string]int{
		"application/activity+json": http.StatusAccepted,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`: http.StatusAccepted,
		"application/json":                  http.StatusAccepted, // some send that
		"text/html":                         http.StatusBadRequest,
		"text/plain":                        http.StatusBadRequest,
		"image/png":                         http.StatusBadRequest,
		"application/x-www-form-urlencoded": http.StatusBadRequest,
	} {
		note := bob.Note("hello")
		body, err := json.Marshal(bob.Complete(bob.Create(note)))
		require.NoError(t, err)
		r := bob.Request(n, body)
		r.Header.Set("Content-Type", kind)
		require.NoError(t, federation.Sign(r, federation.Cavage, federation.Digest(body), bob.Key, time.Now())) // it is signed too
		assert.Equal(t, status, n.Do(r), kind)
		assert.Equal(t, status == http.StatusAccepted, n.Stored(note.ID()) != nil, kind)
	}
}
