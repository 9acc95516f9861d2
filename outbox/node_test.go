package outbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"parley/internal/nodetest"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/outbox"
)

type doc = nodetest.Doc

// each runs test with a node on each kind of database.
func each(t *testing.T, test func(t *testing.T, n *nodetest.Node)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, nodetest.Start(t, db)) })
}

// sqlite is a node where it does not matter which database it has.
func sqlite(t *testing.T) *nodetest.Node {
	t.Helper()
	return nodetest.Start(t, storetest.Open(t, storetest.URL(t, "sqlite")))
}

func post(t *testing.T, n *nodetest.Node, author *store.Actor, d outbox.Draft) *store.Post {
	t.Helper()
	p, err := n.Outbox.Post(t.Context(), author.ID, d)
	require.NoError(t, err)
	return p
}

// content are the texts of what arrived, with the activities' types.
func content(arrived []nodetest.Arrival) []string {
	list := []string{}
	for _, a := range arrived {
		object, _ := a.Doc["object"].(map[string]any)
		text, _ := object["content"].(string)
		list = append(list, a.Doc["type"].(string)+text)
	}
	return list
}
