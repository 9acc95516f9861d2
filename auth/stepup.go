package auth

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/store"
)

// Step-up: an app that is told that its person's proof does not suffice has them
// sign in again, by max_age and acr_values. RFC 9470

// demand is what an authorization request asks of the person's proof.
type demand struct {
	maxAge time.Duration // negative: as old as it is
	acr    []string      // one of these; none: any
	asked  bool          // whether a new sign-in came of this already
}

// askedBefore marks the way back from a sign-in that a demand brought about, so
// that nobody goes round in circles where the provider does not do as it is asked.
const askedBefore = "signed_in"

// demandOf reads it; max_age=0 and prompt=login are what force_login is.
// [OIDC Core] 3.1.2.1
func demandOf(q url.Values) (demand, error) {
	d := demand{maxAge: -1, acr: strings.Fields(q.Get("acr_values")), asked: q.Has(askedBefore)}
	if q.Has("max_age") {
		seconds, err := strconv.ParseInt(q.Get("max_age"), 10, 32)
		if err != nil || seconds < 0 {
			return d, badRequest("The max_age must be a number of seconds.")
		}
		d.maxAge = time.Duration(seconds) * time.Second
	}
	if q.Get("force_login") == "true" || slices.Contains(strings.Fields(q.Get("prompt")), "login") {
		d.maxAge = 0
	}
	if len(q.Get("acr_values")) > maxURI {
		return d, badRequest("The acr_values are too long.")
	}
	return d, nil
}

// old reports whether somebody has to sign in again because of when they did.
func (d demand) old(p Proof) bool {
	return !d.asked && d.maxAge >= 0 && store.Now() > p.ProvedAt.Add(max(d.maxAge, freshFor))
}

// other reports whether somebody signed in by another way than is asked for.
func (d demand) other(p Proof) bool { return len(d.acr) > 0 && !slices.Contains(d.acr, p.ACR) }

// errUnmet tells an app that signing in again did not bring what it asked for.
// [OIDC Unmet Authentication Requirements] 2
var errUnmet = &oauthError{http.StatusForbidden, "unmet_authentication_requirements",
	"The identity provider did not have the person sign in in one of the ways that acr_values asks for."}

// stepUp has somebody sign in again whose proof is not as the request demands, and
// tells whether the request ends with that.
func (a *Auth) stepUp(w http.ResponseWriter, r *http.Request, req *asked, who Who) (ends bool) {
	q, d := r.URL.Query(), req.demand
	other := d.other(who.Proof)
	if who.Somebody() && other && d.asked {
		a.refuse(w, r, req, errUnmet)
		return true
	}
	fresh := d.old(who.Proof) || who.Somebody() && other
	if ends = fresh || !who.Somebody(); ends {
		http.Redirect(w, r, a.signInFirst(q, fresh), http.StatusFound)
	}
	return ends
}

// kinds are the kinds of sign-in that the settings name, to be announced.
// RFC 9470 7, RFC 8414
func (a *Auth) kinds() (acr []string) {
	for _, p := range a.Providers {
		acr = append(acr, slices.Concat(p.ACRValues, p.Privileged)...)
	}
	slices.Sort(acr)
	return slices.Compact(acr)
}
