package federation

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const synchronizationHeader = "Collection-Synchronization"

// Synchronization says who of the sender's followers are on the receiver's
// node, without naming them, FEP-8fcf.
type Synchronization struct {
	CollectionID string
	URL          string // of those followers, for that node alone
	Digest       string // Members of them
}

// String is the header's value.
func (s Synchronization) String() string {
	return `collectionId="` + s.CollectionID + `", url="` + s.URL + `", digest="` + s.Digest + `"`
}

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// Synchronization reads the header of the request that the signature is of, nil
// where there is none or the signature does not cover it. The signature has been
// verified.
func (sig *Signature) Synchronization(r *http.Request) *Synchronization {
	values := r.Header.Values(synchronizationHeader)
	if len(values) != 1 || !slices.Contains(sig.covered, strings.ToLower(synchronizationHeader)) {
		return nil
	}
	s := &Synchronization{}
	for _, m := range parameter.FindAllStringSubmatch(values[0], 8) {
		switch m[1] {
		case "collectionId":
			s.CollectionID = m[2]
		case "url":
			s.URL = m[2]
		case "digest":
			s.Digest = strings.ToLower(m[2])
		}
	}
	return s
}

// Members is the digest of a collection: the hashes of its ids, by exclusive or.
func Members(ids []string) string {
	var all [sha256.Size]byte
	for _, id := range ids {
		for i, b := range sha256.Sum256([]byte(id)) {
			all[i] ^= b
		}
	}
	return hex.EncodeToString(all[:])
}
