package scim

import (
	"strings"

	"parley/auth"
)

// object is a resource, or a part of one, as JSON has it.
type object = map[string]any

// attribute is a line of a schema. RFC 7643 7
type attribute struct {
	name  string
	kind  string // string, boolean, dateTime, reference, complex
	about string
	subs  []attribute

	many     bool
	exact    bool // capital letters matter
	required bool
	readOnly bool
	unique   bool // among the resources of a provider
	hidden   bool // belongs to every resource, so that no schema lists it
}

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = auth.EnterpriseUser
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// common are the attributes of every resource. RFC 7643 3.1
var common = []attribute{
	{name: "schemas", kind: "reference", many: true, readOnly: true, hidden: true},
	{name: "id", kind: "string", exact: true, readOnly: true, hidden: true},
	{name: "externalId", kind: "string", exact: true, hidden: true},
	{name: "meta", kind: "complex", readOnly: true, hidden: true, subs: []attribute{
		{name: "resourceType", kind: "string", exact: true}, {name: "created", kind: "dateTime"}, {name: "lastModified", kind: "dateTime"},
		{name: "location", kind: "reference"}, {name: "version", kind: "string", exact: true},
	}},
}

var user = &kind{name: "User", path: "Users", schema: userSchema, nameOf: "userName", about: "Somebody with an account here.",
	extensions: []string{enterpriseSchema},
	attributes: append([]attribute{
		{name: "userName", kind: "string", required: true, unique: true, about: "What the directory calls the person. The account's name is made from it."},
		{name: "name", kind: "complex", about: "The parts of the person's name.", subs: []attribute{
			{name: "formatted", kind: "string", about: "The whole name."}, {name: "familyName", kind: "string", about: "The family name."},
			{name: "givenName", kind: "string", about: "The given name."}, {name: "middleName", kind: "string", about: "The middle name."},
			{name: "honorificPrefix", kind: "string", about: "A title before the name."}, {name: "honorificSuffix", kind: "string", about: "What follows the name."},
		}},
		{name: "displayName", kind: "string", about: "The name that a new account shows. The person may change it afterwards."},
		{name: "title", kind: "string", about: "The person's work title."},
		{name: "active", kind: "boolean", about: "Whether the person has access."},
		{name: "emails", kind: "complex", many: true, about: "The person's addresses. The account keeps the primary one, or else the first.", subs: []attribute{
			{name: "value", kind: "string", about: "The address."}, {name: "display", kind: "string", about: "The address as it is shown."},
			{name: "type", kind: "string", about: "Such as work."}, {name: "primary", kind: "boolean", about: "Whether it is the one to use."},
		}},
		{name: "groups", kind: "complex", many: true, readOnly: true, about: "The groups that the person is in.", subs: []attribute{
			{name: "value", kind: "string", exact: true, readOnly: true, about: "The id of the group."}, {name: "$ref", kind: "reference", readOnly: true, about: "Where the group is."},
			{name: "display", kind: "string", readOnly: true, about: "The name of the group."},
		}},
		{name: enterpriseSchema, kind: "complex", about: "The person's place in the organisation.", subs: []attribute{
			{name: "department", kind: "string", about: "The department."},
		}},
	}, common...),
}

var group = &kind{name: "Group", path: "Groups", schema: groupSchema, nameOf: "displayName", about: "A group, from which a role may come.",
	attributes: append([]attribute{
		{name: "displayName", kind: "string", required: true, unique: true, about: "The name of the group."},
		{name: "members", kind: "complex", many: true, about: "The users in it.", subs: []attribute{
			{name: "value", kind: "string", exact: true, about: "The id of the user."}, {name: "$ref", kind: "reference", about: "Where the user is."},
			{name: "display", kind: "string", about: "The name of the user."}, {name: "type", kind: "string", about: "User."},
		}},
	}, common...),
}

// kind is a type of resource.
type kind struct {
	name, path, schema, about string
	nameOf                    string // the attribute that is unique
	extensions                []string
	attributes                []attribute
}

var kinds = []*kind{user, group}

// ignored are attributes of RFC 7643 that directories send by their defaults,
// and that are not kept: they are no mistake.
var ignored = strings.Fields("nickname profileurl usertype preferredlanguage locale timezone password phonenumbers ims photos addresses entitlements roles x509certificates")

// find is the attribute with a name, in whatever letters.
func find(list []attribute, name string) *attribute {
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return &list[i]
		}
	}
	return nil
}
