package notify

import (
	"slices"

	"parley/internal/store"
)

// FiltersChanged tells the clients of a person that the filters are others now.
func (n *Notify) FiltersChanged(tx *store.Tx, reader int64) {
	tx.After(func() { n.Hub.Publish(Event{Topic: userTopic(reader), Name: "filters_changed"}) })
}

// converse puts a post for few into the conversations of those of ours who
// have to do with it. Who is addressed but not named takes no part.
func converse(tx *store.Tx, p *store.Post, mentioned []int64) error {
	rows, err := tx.PostMentions([]int64{p.ID})
	if err != nil {
		return err
	}
	people := []int64{p.ActorID}
	for _, m := range rows[p.ID] {
		if !m.Silent {
			people = append(people, m.ActorID)
		}
	}
	slices.Sort(people)
	people = slices.Compact(people)
	for _, reader := range slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(mentioned), p.ActorID)))) {
		others := slices.DeleteFunc(slices.Clone(people), func(id int64) bool { return id == reader })
		if err := tx.Converse(p, reader, others); err != nil {
			return err
		}
	}
	return nil
}
