package auth

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"parley/internal/audit"
	"parley/internal/fault"
	"parley/internal/store"
)

// said is one line of what a trial shows.
type said struct{ Name, Value string }

// TrialPath is where whoever runs the node begins a sign-in that signs nobody in,
// to see what a provider says.
func TrialPath(p *Provider) string {
	return startPath(p) + "?" + url.Values{"trial": {"1"}}.Encode()
}

// trial shows what a provider said of somebody and what this node makes of it, or
// why it makes nothing of it. Nobody is signed in.
func (a *Auth) trial(w http.ResponseWriter, r *http.Request, p *Provider, c Claims, failure error) {
	who, err := a.SessionOf(r)
	if err == nil && !who.May(ManageIdentity) {
		err = fault.New(fault.Forbidden, "Only who sets up identity providers sees what they say.")
	}
	if err == nil {
		err = a.DB.Write(r.Context(), func(tx *store.Tx) error {
			return audit.Write(tx, audit.Act{ActorID: who.ActorID, Action: "provider.trial", Subject: p.Name, Detail: map[string]any{"subject": c.Subject}})
		})
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	shown := page{Title: "What " + p.Name + " says", Kind: "trial", Notice: "Nobody was signed in by this."}
	if failure != nil {
		logFailure(r, failure)
		shown.Outcome = []said{{"It failed", fault.Message(failure)}, {"The cause", cause(failure)}}
	} else if shown.Outcome, err = a.outcome(a.DB.With(r.Context()), p, &c); err != nil {
		a.fail(w, r, err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.Raw)) {
		value, _ := json.Marshal(c.Raw[name]) // it came as JSON
		shown.Claims = append(shown.Claims, said{name, string(value)})
	}
	a.show(w, http.StatusOK, shown)
}

// outcome is what a sign-in with the claims would come to.
func (a *Auth) outcome(r store.Reader, p *Provider, c *Claims) ([]said, error) {
	account := said{"Account", "a new one, @" + p.Names.For(*c) + ", with a number where the name is taken"}
	powers := Powers{Role: Member}
	id, err := whose(r, p, *c)
	if err == nil {
		found, err := r.Account(id)
		if err != nil {
			return nil, err
		}
		account.Value = "@" + found.Actor.Username + " (" + string(found.Actor.Lifecycle) + ")"
		powers = PowersOf(found.User.Role, found.User.Permissions)
		if c.Memberships, err = memberships(r, p, id); err != nil {
			return nil, err
		}
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	o := p.Decide(*c)
	role := said{"Role", string(o.Over(powers).Role) + ", for no rule names one"}
	if o.By != nil {
		role.Value = fmt.Sprintf("%s, by the rule %s = %s", o.Role, o.By.Claim, o.By.Value)
	}
	entry := said{"May come in", "yes"}
	if !o.Admitted {
		entry.Value = "no: none of the claims that require asks for is there"
	}
	return []said{entry, account, role, {"Permissions beyond the role", o.Over(powers).Names()}}, nil
}
