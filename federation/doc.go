// Package federation is how nodes talk: ActivityStreams documents as they are
// read and written, the signatures on requests, fetching and delivering them,
// WebFinger and NodeInfo.
//
// It has no database and owns no routes. Whoever receives a request makes
// three calls in a row: ParseSignature, his own look-up of the key, and
// Signature.Verify.
//
// Reading is lenient about shape and strict about origin. A string, an object
// and an array are accepted wherever servers in the field send any of them,
// and the JSON-LD context is ignored; but a document is only believed about
// the host it was read from.
package federation
