package auth

import (
	"fmt"
	"strings"

	"parley/internal/fault"
)

// overflowed is a claim that roles or entry hang on and that the provider left out
// because it is too long, as Entra ID does with more than 200 groups: it says
// where to ask for it (a distributed claim, [OIDC Core] 5.6.2) or only that
// there is one. Whoever it is about would be a member without a word.
func (p *Provider) overflowed(said map[string]any) string {
	for _, m := range p.matches() {
		if claimAt(said, m.Claim) == nil && leftOut(said, m.Claim) {
			return m.Claim
		}
	}
	return ""
}

func leftOut(said map[string]any, path string) bool {
	name, _, _ := strings.Cut(path, ".")
	for _, claim := range []string{path, name} {
		if elsewhere, _ := said["_claim_names"].(map[string]any); elsewhere[claim] != nil {
			return true
		}
		for other := range said {
			if strings.HasPrefix(other, claim+":src") {
				return true
			}
		}
	}
	return path == "groups" && (said["hasgroups"] == true || said["hasgroups"] == "true")
}

func (p *Provider) overflow(claim string) error {
	return fault.Wrap(fault.Forbidden, fmt.Errorf("the claim %s is left out as too long", claim), fmt.Sprintf(
		"You are in more groups than %s tells us, so what you may do here cannot be told. An administrator must have it send only the groups assigned to this application, or send app roles and name those in the settings.", p.Name))
}
