package contract

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// beside is an operation that is not in the schema: undocumented, but asked for
// by some client.
type beside struct {
	scope  string   // none: for everybody
	answer string   // as in answers
	must   []string // parameters in the query
	fields []string // of the body
	all    bool     // of them must be there
}

var besides = map[string]beside{
	"GET /api/v1/domain_blocks/preview":      {scope: "read:blocks", answer: "*", must: []string{"domain"}},
	"GET /api/v1/notifications/policy":       {scope: "read:notifications", answer: "V1NotificationPolicy"},
	"PATCH /api/v1/notifications/policy":     {scope: "write:notifications", answer: "V1NotificationPolicy", fields: []string{"filter_not_following", "filter_new_accounts"}},
	"PUT /api/v1/notifications/policy":       {scope: "write:notifications", answer: "V1NotificationPolicy", fields: []string{"filter_not_following", "filter_new_accounts"}},
	"PUT /api/v2/notifications/policy":       {scope: "write:notifications", answer: "NotificationPolicy", fields: []string{"for_not_following", "for_private_mentions"}},
	"PUT /api/v1/profile":                    {scope: "write:accounts", answer: "Profile", fields: []string{"display_name", "note", "avatar_description", "attribution_domains"}},
	"GET /api/v1/search":                     {scope: "read:search", answer: "*", must: []string{"q"}},
	"GET /api/v1/instance/languages":         {answer: "*"},
	"PUT /api/v1/collections/{id}":           {scope: "write:collections", answer: "*", fields: []string{"name", "tag_name"}},
	"GET /api/v1/statuses/{id}/card":         {answer: "*", scope: "read:statuses"},
	"GET /api/v1/trends":                     {answer: "[]Tag"},
	"POST /api/v1/conversations/{id}/unread": {scope: "write:conversations", answer: "Conversation"},

	"GET /api/v1/admin/accounts":                       {scope: "admin:read:accounts", answer: "[]AdminAccount"},
	"GET /api/v2/admin/accounts":                       {scope: "admin:read:accounts", answer: "[]AdminAccount"},
	"GET /api/v1/admin/accounts/{id}":                  {scope: "admin:read:accounts", answer: "AdminAccount"},
	"DELETE /api/v1/admin/accounts/{id}":               {scope: "admin:write:accounts", answer: "AdminAccount"},
	"POST /api/v1/admin/accounts/{id}/action":          {scope: "admin:write:accounts", answer: "{}", fields: []string{"type"}, all: true},
	"POST /api/v1/admin/accounts/{id}/enable":          {scope: "admin:write:accounts", answer: "AdminAccount"},
	"POST /api/v1/admin/accounts/{id}/unsilence":       {scope: "admin:write:accounts", answer: "AdminAccount"},
	"POST /api/v1/admin/accounts/{id}/unsuspend":       {scope: "admin:write:accounts", answer: "AdminAccount"},
	"POST /api/v1/admin/accounts/{id}/unsensitive":     {scope: "admin:write:accounts", answer: "AdminAccount"},
	"GET /api/v1/admin/reports":                        {scope: "admin:read:reports", answer: "[]AdminReport"},
	"GET /api/v1/admin/reports/{id}":                   {scope: "admin:read:reports", answer: "AdminReport"},
	"PUT /api/v1/admin/reports/{id}":                   {scope: "admin:write:reports", answer: "AdminReport", fields: []string{"category"}},
	"POST /api/v1/admin/reports/{id}/assign_to_self":   {scope: "admin:write:reports", answer: "AdminReport"},
	"POST /api/v1/admin/reports/{id}/unassign":         {scope: "admin:write:reports", answer: "AdminReport"},
	"POST /api/v1/admin/reports/{id}/resolve":          {scope: "admin:write:reports", answer: "AdminReport"},
	"POST /api/v1/admin/reports/{id}/reopen":           {scope: "admin:write:reports", answer: "AdminReport"},
	"GET /api/v1/admin/domain_allows":                  {scope: "admin:read:domain_allows", answer: "[]AdminDomainAllow"},
	"POST /api/v1/admin/domain_allows":                 {scope: "admin:write:domain_allows", answer: "AdminDomainAllow", fields: []string{"domain"}, all: true},
	"GET /api/v1/admin/domain_allows/{id}":             {scope: "admin:read:domain_allows", answer: "AdminDomainAllow"},
	"DELETE /api/v1/admin/domain_allows/{id}":          {scope: "admin:write:domain_allows", answer: "AdminDomainAllow"},
	"GET /api/v1/admin/domain_blocks":                  {scope: "admin:read:domain_blocks", answer: "[]AdminDomainBlock"},
	"POST /api/v1/admin/domain_blocks":                 {scope: "admin:write:domain_blocks", answer: "AdminDomainBlock", fields: []string{"domain"}, all: true},
	"GET /api/v1/admin/domain_blocks/{id}":             {scope: "admin:read:domain_blocks", answer: "AdminDomainBlock"},
	"PUT /api/v1/admin/domain_blocks/{id}":             {scope: "admin:write:domain_blocks", answer: "AdminDomainBlock", fields: []string{"severity"}},
	"DELETE /api/v1/admin/domain_blocks/{id}":          {scope: "admin:write:domain_blocks", answer: "{}"},
	"GET /api/v1/admin/ip_blocks":                      {scope: "admin:read:ip_blocks", answer: "[]AdminIpBlock"},
	"POST /api/v1/admin/ip_blocks":                     {scope: "admin:write:ip_blocks", answer: "AdminIpBlock", fields: []string{"ip", "severity"}, all: true},
	"GET /api/v1/admin/ip_blocks/{id}":                 {scope: "admin:read:ip_blocks", answer: "AdminIpBlock"},
	"PUT /api/v1/admin/ip_blocks/{id}":                 {scope: "admin:write:ip_blocks", answer: "AdminIpBlock", fields: []string{"comment"}},
	"DELETE /api/v1/admin/ip_blocks/{id}":              {scope: "admin:write:ip_blocks", answer: "{}"},
	"GET /api/v1/admin/email_domain_blocks":            {scope: "admin:read:email_domain_blocks", answer: "[]AdminEmailDomainBlock"},
	"POST /api/v1/admin/email_domain_blocks":           {scope: "admin:write:email_domain_blocks", answer: "AdminEmailDomainBlock", fields: []string{"domain"}, all: true},
	"GET /api/v1/admin/email_domain_blocks/{id}":       {scope: "admin:read:email_domain_blocks", answer: "AdminEmailDomainBlock"},
	"DELETE /api/v1/admin/email_domain_blocks/{id}":    {scope: "admin:write:email_domain_blocks", answer: "{}"},
	"GET /api/v1/admin/canonical_email_blocks":         {scope: "admin:read:canonical_email_blocks", answer: "[]AdminCanonicalEmailBlock"},
	"POST /api/v1/admin/canonical_email_blocks":        {scope: "admin:write:canonical_email_blocks", answer: "AdminCanonicalEmailBlock", fields: []string{"email"}, all: true},
	"GET /api/v1/admin/canonical_email_blocks/{id}":    {scope: "admin:read:canonical_email_blocks", answer: "AdminCanonicalEmailBlock"},
	"DELETE /api/v1/admin/canonical_email_blocks/{id}": {scope: "admin:write:canonical_email_blocks", answer: "{}"},
	"POST /api/v1/admin/canonical_email_blocks/test":   {scope: "admin:read:canonical_email_blocks", answer: "[]AdminCanonicalEmailBlock", fields: []string{"email"}, all: true},
	"POST /api/v1/admin/measures":                      {scope: "admin:read", answer: "[]AdminMeasure", fields: []string{"keys", "start_at", "end_at"}, all: true},
	"POST /api/v1/admin/dimensions":                    {scope: "admin:read", answer: "[]AdminDimension", fields: []string{"keys"}, all: true},
	"GET /api/v1/admin/trends/tags":                    {scope: "admin:read", answer: "[]AdminTag"},
	"GET /api/v1/admin/trends/statuses":                {scope: "admin:read", answer: "[]Status"},
	"GET /api/v1/admin/trends/links":                   {scope: "admin:read", answer: "[]TrendsLink"},
	"POST /api/v1/admin/retention":                     {scope: "admin:read", answer: "[]AdminCohort", fields: []string{"start_at", "end_at", "frequency"}, all: true},
}

// operation is what the schema would say of it.
func (b beside) operation() *openapi3.Operation {
	op := openapi3.NewOperation()
	op.AddResponse(http.StatusOK, openapi3.NewResponse())
	if b.scope != "" {
		op.Security = openapi3.NewSecurityRequirements().With(openapi3.NewSecurityRequirement().Authenticate("OAuth2", b.scope))
	}
	for _, name := range b.must {
		op.AddParameter(openapi3.NewQueryParameter(name).WithRequired(true).WithSchema(openapi3.NewStringSchema()))
	}
	if len(b.fields) > 0 {
		body := openapi3.NewObjectSchema()
		for _, name := range b.fields {
			body.WithProperty(name, openapi3.NewStringSchema())
		}
		if b.all {
			body.Required = b.fields
		}
		op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithJSONSchema(body)}
	}
	return op
}
