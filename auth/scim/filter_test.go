package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"parley/internal/store"
)

var ada = object{
	"id": "7", "userName": "Ada@corp.example", "externalId": "x-Ada", "active": true, "title": "Engineer", "name": object{"familyName": "Lovelace"},
	"emails": []any{object{"value": "ada@corp.example", "type": "work", "primary": true}, object{"value": "ada@home.example", "type": "home"}},
	"meta":   object{"lastModified": "2026-11-28T02:00:00.000Z"}, enterpriseSchema: object{"department": "Engines"},
}

func TestFiltersSayWhoIsMeant(t *testing.T) {
	for text, want := range map[string]bool{
		`userName eq "ada@CORP.example"`:                                   true,
		`USERNAME Eq "ada@corp.example"`:                                   true,
		`externalId eq "x-ada"`:                                            false, // capital letters matter
		`externalId eq "x-Ada"`:                                            true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"`:     true,
		`name.familyName co "LACE"`:                                        true,
		`name.givenName pr`:                                                false,
		`name pr and title pr`:                                             true,
		`title ne "Engineer"`:                                              false,
		`displayName ne "x"`:                                               true,
		`displayName eq null`:                                              true,
		`active eq true`:                                                   true,
		`active eq "True"`:                                                 true,
		`not (active eq true)`:                                             false,
		`title eq "x" or userName ew "example" and active eq true`:         true,
		`(title eq "x" or userName ew "example") and active eq false`:      false,
		`emails[type eq "work"].value eq "ada@corp.example"`:               true,
		`emails[type eq "home"].value eq "ada@corp.example"`:               false,
		`emails[type eq "home" and value co "home"]`:                       true,
		`emails[type eq "home" and not (value co "home")]`:                 false,
		`emails co "home.example"`:                                         true,
		`emails.type eq "work"`:                                            true,
		`meta.lastModified gt "2026-11-28T01:59:59Z"`:                      true,
		`meta.lastModified lt "2026-11-28T02:59:59+01:00"`:                 false,
		enterpriseSchema + `:department eq "engines"`:                      true,
		`title gt "A" and title ge "engineer" and not (title le "driver")`: true,
	} {
		f, err := parseFilter(user.attributes, text)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, f.matches(ada), text)
		}
	}
}

func TestFiltersThatCannotBeRead(t *testing.T) {
	for _, text := range []string{``, ` `, `userName`, `userName eq`, `userName eq ada`, `userName is "ada"`, `eq "ada"`, `shoeSize eq "4"`, `userName eq "ada`, `userName eq "ada" and`,
		`(userName eq "ada"`, `userName eq "ada")`, `not userName pr`, `emails[type eq "work"`, `emails[shoe eq "work"]`, `emails[type eq "work"].shoe eq "x"`, `userName eq "\u0000"`, `userName eq (`,
		string(make([]byte, maxFilter+1)), "\xff pr"} {
		_, err := parseFilter(user.attributes, text)
		require.ErrorContains(t, err, "invalidFilter", "%q", text)
	}
	deep := ""
	for range maxDepth + 1 {
		deep += "("
	}
	_, err := parseFilter(user.attributes, deep)
	require.ErrorContains(t, err, "parentheses")
}

// What can be asked of an index is.
func TestFiltersUseIndexes(t *testing.T) {
	for text, want := range map[string]store.SCIMKey{
		`userName eq "Ada"`:                                {Name: "ada"},
		`active eq true and externalId eq "X"`:             {ExternalID: "X"},
		`emails[type eq "work"].value eq "A@x"`:            {Email: "a@x"},
		`emails[type eq "work" and value eq "A@x"]`:        {Email: "a@x"},
		`emails eq "A@x"`:                                  {Email: "a@x"},
		`emails.type eq "work"`:                            {},
		`id eq "12"`:                                       {ID: 12},
		`id eq "x"`:                                        {ID: -1},
		`userName eq "a" or userName eq "b"`:               {},
		`not (userName eq "a")`:                            {},
		`emails[type eq "work" or value eq "a"]`:           {},
		`not (userName eq "a") and emails.value eq "b"`:    {Email: "b"},
		`name.familyName eq "a" and (userName eq "a")`:     {Name: "a"},
		`emails[not (value eq "a")] and displayName pr`:    {},
		`urn:ietf:params:scim:schemas:core:2.0:User:id pr`: {},
	} {
		f, err := parseFilter(user.attributes, text)
		require.NoError(t, err, text)
		assert.Equal(t, want, f.key(), text)
	}
}

// Whatever is sent as a filter or a path, it is read or refused.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "ada"`, `emails[type eq "work"].value eq "x"`, `not (a pr) or (b co "c" and d ne null)`, `members[value eq "1"]`, enterpriseSchema + ":department", `"\u0000`, `emails[`, `name.familyName`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range kinds {
			if read, err := parseFilter(k.attributes, text); err == nil {
				_, _ = read.matches(ada), read.key()
			}
			to, err := parsePath(k.attributes, text)
			if err == nil && to != nil {
				for _, op := range []string{"add", "replace", "remove"} {
					_ = operation{op, text, "x"}.apply(k.attributes, copied(ada))
				}
			}
		}
	})
}
