package auth

import (
	"encoding/json"
	"fmt"
	"time"

	"parley/internal/fault"
)

// leeway is how far the clocks of a provider and of this node may be apart.
// [OIDC Core] 3.1.3.7 and RFC 7519 4.1.4 leave it to us, "no more than a few minutes".
const leeway = time.Minute

// times are those of a token, in seconds, which may have a fraction.
type times struct {
	Expiry    *json.Number `json:"exp"`
	NotBefore *json.Number `json:"nbf"`
	IssuedAt  *json.Number `json:"iat"`
}

// wrong says what is not right with the times of a token by our clock, and
// returns nil where they are.
func (t times) wrong(now time.Time) error {
	expiry, err := moment(t.Expiry)
	if err != nil || expiry.IsZero() {
		return fmt.Errorf("exp is missing or no time: %v", t.Expiry)
	}
	if now.After(expiry.Add(leeway)) {
		return fmt.Errorf("it expired at %s, and it is %s here", expiry.UTC(), now.UTC())
	}
	for _, from := range []*json.Number{t.NotBefore, t.IssuedAt} {
		begin, err := moment(from)
		if err != nil {
			return fmt.Errorf("nbf or iat is no time: %w", err)
		}
		if begin.After(now.Add(leeway)) {
			return fmt.Errorf("it is of %s, and it is %s here", begin.UTC(), now.UTC())
		}
	}
	return nil
}

// moment is a NumericDate as a time, and the zero time where there is none.
// RFC 7519 2
func moment(n *json.Number) (time.Time, error) {
	if n == nil {
		return time.Time{}, nil
	}
	seconds, err := n.Float64()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(seconds), 0), nil
}

// mistimed names the clock. A token comes straight from the provider: when its
// time is past or to come, one of the two clocks is wrong.
func (p *Provider) mistimed(err error) error {
	return fault.Wrap(fault.Unauthorized, err, fmt.Sprintf(
		"By the clock of this node, what %s answered has expired or is not valid yet. An administrator must set the clocks of both machines right, best by NTP. Start again then.", p.Name))
}
