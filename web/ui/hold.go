package ui

import (
	"strconv"
	"time"

	"parley/internal/store"
)

// holds are how long posts may wait before they are sent. The node's own
// choice, which may depend on the audience, is what holds for who chooses
// nothing.
func holds(node map[store.Visibility]time.Duration) []Option {
	own, usual := "As the node has it: sent at once", node[store.Public]
	if usual > 0 {
		own = "As the node has it: " + waiting(usual)
	}
	for _, hold := range node {
		if hold != usual {
			own = "As the node has it, by who sees it"
		}
	}
	list := []Option{{Value: "-1", Label: own}, {Value: "0", Label: "Send at once"}}
	for _, seconds := range []int{15, 30, 60, 300, 900, 3600} {
		list = append(list, Option{Value: strconv.Itoa(seconds), Label: waiting(time.Duration(seconds) * time.Second)})
	}
	return list
}

// holdSeconds reads such a choice; what is none is that of the node.
func holdSeconds(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil {
		return -1
	}
	return n
}

// waiting says how long a hold is, nothing for none.
func waiting(hold time.Duration) string {
	seconds := int64(hold / time.Second)
	switch {
	case seconds == 0:
		return ""
	case seconds%60 == 0:
		return plural(seconds/60, "minute", "minutes")
	}
	return plural(seconds, "second", "seconds")
}
