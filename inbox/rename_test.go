package inbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
)

// Who is called something else elsewhere stays who they are here: the new handle
// is confirmed by their host, and the old one leads there too.
func TestARenameElsewhere(t *testing.T) {
	each(t, func(t *testing.T, n *nodetest.Node) {
		far := nodetest.Play(t, "far")
		bob := far.Actor("bob")
		before := n.Known(bob)
		bob.Must(n, doc{"type": "Update", "object": bob.Rename("robert")})
		n.Settle()
		after, err := n.DB.Actor(before.ID)
		require.NoError(t, err)
		assert.Equal(t, "robert", after.Username)
		for _, name := range []string{"bob", "robert"} {
			holder, err := n.DB.ActorByHandle(name, before.Domain)
			require.NoError(t, err, name)
			assert.Equal(t, before.ID, holder.ID, name)
		}
	})
}
