package outbox

import "parley/internal/store"

// MaxCollections is how many collections a person may have.
const MaxCollections = 10

// ByFollowers is the policy of who approves followers: those may recommend him.
const ByFollowers = "followers"

// Featurable is who may put one of ours into a collection: everybody, where
// they want to be found. Who approves followers has approved those.
func Featurable(a *store.Actor) string {
	switch {
	case !a.Discoverable, a.Lifecycle != store.Active:
		return ""
	case a.Locked:
		return ByFollowers
	}
	return "public"
}
