package notify

import "parley/internal/store"

// FiltersChanged tells the clients of a person that the filters are others now.
func (n *Notify) FiltersChanged(tx *store.Tx, reader int64) {
	tx.After(func() { n.Hub.Publish(Event{Topic: userTopic(reader), Name: "filters_changed"}) })
}
