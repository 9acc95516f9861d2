package scim

import "net/http"

// config says what of SCIM this node can do. RFC 7643 5
func (s *SCIM) config(*call, int64) (*answer, error) {
	yes, no := object{"supported": true}, object{"supported": false}
	return &answer{status: http.StatusOK, body: object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   yes, "etag": yes, "sort": no, "changePassword": no,
		"bulk":   object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": object{"supported": true, "maxResults": maxPage},
		"authenticationSchemes": []object{{"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "A token that the node's owner makes with parley scim token."}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": s.URL + prefix + "ServiceProviderConfig"},
	}}, nil
}

// resourceTypes are users and groups. RFC 7643 6
func (s *SCIM) resourceTypes(*call, int64) (*answer, error) {
	var list []object
	for _, k := range kinds {
		extensions := []object{}
		for _, urn := range k.extensions {
			extensions = append(extensions, object{"schema": urn, "required": false})
		}
		list = append(list, object{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
			"id":      k.name, "name": k.name, "endpoint": "/" + k.path, "description": k.about, "schema": k.schema, "schemaExtensions": extensions,
			"meta": object{"resourceType": "ResourceType", "location": s.URL + prefix + "ResourceTypes/" + k.name},
		})
	}
	return page(list, int64(len(list)), 1), nil
}

// schemas are the tables by which everything here goes. RFC 7643 7
func (s *SCIM) schemas(*call, int64) (*answer, error) {
	var list []object
	for _, k := range kinds {
		list = append(list, s.schema(k.schema, k.name, k.about, k.attributes))
		for _, urn := range k.extensions {
			extension := find(k.attributes, urn)
			list = append(list, s.schema(urn, "Enterprise"+k.name, extension.about, extension.subs))
		}
	}
	return page(list, int64(len(list)), 1), nil
}

func (s *SCIM) schema(urn, name, about string, attributes []attribute) object {
	return object{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"},
		"id":      urn, "name": name, "description": about, "attributes": described(attributes),
		"meta": object{"resourceType": "Schema", "location": s.URL + prefix + "Schemas/" + urn},
	}
}

// described are attributes as a schema lists them; an extension has its own.
func described(attributes []attribute) []object {
	var list []object
	for _, a := range attributes {
		if a.hidden || a.name == enterpriseSchema {
			continue
		}
		o := object{"name": a.name, "type": a.kind, "description": a.about, "multiValued": a.many, "required": a.required,
			"caseExact": a.exact, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}
		if a.readOnly {
			o["mutability"] = "readOnly"
		}
		if a.unique {
			o["uniqueness"] = "server"
		}
		if a.subs != nil {
			o["subAttributes"] = described(a.subs)
		}
		list = append(list, o)
	}
	return list
}
