package contract

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema is the published schema of the client API, made stricter: every key
// of an entity is always there.
type schema struct{ *openapi3.T }

func readSchema(t *testing.T) schema {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(shared(t, "mastodon-openapi.slim.json"))
	require.NoError(t, err)
	for _, row := range table(t, shared(t, "entities.tsv")) {
		entity, field := row[0], row[1]
		if e := doc.Components.Schemas[entity]; e != nil && optional[entity+"."+field] == "" {
			e.Value.Required = append(e.Value.Required, field)
		}
	}
	// Mastodon's groups have every type that its notifications have; their
	// documentation has not caught up. https://github.com/neet/masto.js/pull/1439
	doc.Components.Schemas["NotificationGroup"].Value.Properties["type"].Value.Enum = doc.Components.Schemas["NotificationTypeEnum"].Value.Enum
	// What a page does not say is the empty text on its card, as in the examples
	// of Mastodon's documentation.
	for entity, fields := range map[string][]string{"PreviewCard": silent, "TrendsLink": silent, "PreviewCardAuthor": {"url"}} {
		for _, field := range fields {
			doc.Components.Schemas[entity].Value.Properties[field].Value.Format = ""
		}
	}
	return schema{doc}
}

// silent are addresses on a card that a page need not say.
var silent = []string{"author_url", "embed_url", "provider_url"}

// formats are what clients insist on beyond the type. Those of iOS read a time
// only with its milliseconds.
var formats = []openapi3.SchemaValidationOption{
	openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails(), openapi3.EnableFormatValidation(),
	openapi3.WithStringFormatValidator("date-time", openapi3.NewRegexpFormatValidator(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)),
	openapi3.WithStringFormatValidator("date", openapi3.NewRegexpFormatValidator(`^\d{4}-\d\d-\d\d$`)),
	openapi3.WithStringFormatValidator("uri", openapi3.NewRegexpFormatValidator(`^(https?|wss?|urn):.+$`)),
	openapi3.WithStringFormatValidator("iso-639-1", openapi3.NewRegexpFormatValidator(`^[a-z]{2,3}$`)),
}

// hold holds a body to a schema and tells of each place where it differs.
func hold(t *testing.T, what string, want *openapi3.Schema, body string) {
	t.Helper()
	var value any
	if !assert.NoError(t, json.Unmarshal([]byte(body), &value), "%s: no JSON: %s", what, body) {
		return
	}
	for _, problem := range problems(want.VisitJSON(value, formats...)) {
		t.Errorf("%s: %s", what, problem)
	}
	decimal(t, what, value)
}

// everybody is the id that Mastodon gives to the role of those without one.
const everybody = "-99"

// decimal insists on ids of digits: Tusky and Mastodon for Android compare them
// as such, that for iOS reads them out of links as such.
func decimal(t *testing.T, what string, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, inner := range v {
			decimal(t, what, inner)
		}
	case object:
		if id, has := v["id"].(string); has && id != v["name"] && id != everybody { // a hashtag goes by its name
			assert.Regexp(t, `^\d{1,19}$`, id, what)
		}
		for _, inner := range v {
			decimal(t, what, inner)
		}
	}
}

// problems are what an error of the schema is about, one by one.
func problems(err error) (list []string) {
	if many, ok := errors.AsType[openapi3.MultiError](err); ok {
		for _, one := range many {
			list = append(list, problems(one)...)
		}
		return list
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}
