package ui

import "strconv"

// holds are how long posts may wait before they are sent. The node's own
// choice is what holds for who chooses nothing.
func holds(node float64) []Option {
	own := "As the node has it: sent at once"
	if node > 0 {
		own = "As the node has it: " + waiting(int(node))
	}
	list := []Option{{Value: "-1", Label: own}, {Value: "0", Label: "Send at once"}}
	for _, seconds := range []int{15, 30, 60, 300, 900, 3600} {
		list = append(list, Option{Value: strconv.Itoa(seconds), Label: waiting(seconds)})
	}
	return list
}

// maxHold is a day: what waits longer is forgotten.
const maxHold = 86_400

func holdSeconds(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil {
		return -1
	}
	return min(max(n, -1), maxHold)
}

func holdValue(seconds int) string { return strconv.Itoa(max(seconds, -1)) }
