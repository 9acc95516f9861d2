// Package scim takes the word of an organisation's directory, such as Entra ID
// or Okta, about who is there: SCIM 2.0, RFC 7643 and 7644. Somebody switched off
// there has no access here as soon as the directory says so.
//
// A token belongs to one identity provider, and its people are all that it can
// see or touch. A user here is an account, made without an identity; whoever
// signs in with the claim that equals the externalId gets it (auth/directory.go).
// Groups join the claim from which roles come.
//
// What users and groups consist of is one table (schema.go): it tells what of a
// request is kept, what filters and paths may name, and what /Schemas answers.
//
//	/scim/v2/ServiceProviderConfig  ResourceTypes  Schemas     discovery.go
//	/scim/v2/Users  /scim/v2/Groups                            http.go
//	    list and read      read.go, with filter.go, match.go and project.go
//	    POST PUT DELETE    write.go, value.go; users.go and groups.go
//	    PATCH              patch.go, path.go
package scim
