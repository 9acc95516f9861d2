package federation

import (
	"encoding/xml"
)

// WebFingerOf is our answer about an actor of ours. The subject is
// `name@host`, page his profile, node our public address.
func WebFingerOf(subject, actorURI, page, node string) JRD {
	return JRD{
		Subject: "acct:" + subject,
		Aliases: []string{page, actorURI},
		Links: []JRDLink{
			{Rel: "http://webfinger.net/rel/profile-page", Type: "text/html", Href: page},
			{Rel: "self", Type: ContentType, Href: actorURI},
			{Rel: "http://ostatus.org/schema/1.0/subscribe", Template: node + "/authorize_interaction?uri={uri}"},
		},
	}
}

// HostMeta is the document, RFC 6415, that tells older servers where our
// WebFinger is.
func HostMeta(node string) []byte {
	type link struct {
		Rel      string `xml:"rel,attr"`
		Template string `xml:"template,attr"`
	}
	doc := struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    link
	}{Link: link{"lrdd", node + "/.well-known/webfinger?resource={uri}"}}
	out, err := xml.Marshal(doc)
	if err != nil {
		panic(err) // a struct of two strings
	}
	return append([]byte(xml.Header), out...)
}

// NodeInfoLinks is /.well-known/nodeinfo.
func NodeInfoLinks(node string) map[string][]JRDLink {
	const schema = "http://nodeinfo.diaspora.software/ns/schema/"
	return map[string][]JRDLink{"links": {
		{Rel: schema + "2.0", Href: node + "/nodeinfo/2.0"},
		{Rel: schema + "2.1", Href: node + "/nodeinfo/2.1"},
	}}
}

// NodeInfo describes a node to statistics and to other servers.
type NodeInfo struct {
	Version           string         `json:"version"` // 2.0 or 2.1
	Software          NodeSoftware   `json:"software"`
	Protocols         []string       `json:"protocols"`
	Services          NodeServices   `json:"services"`
	OpenRegistrations bool           `json:"openRegistrations"`
	Usage             NodeUsage      `json:"usage"`
	Metadata          map[string]any `json:"metadata"`
}

// NodeSoftware names the program. Repository and Homepage are of 2.1 only.
type NodeSoftware struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Repository string `json:"repository,omitempty"`
	Homepage   string `json:"homepage,omitempty"`
}

// NodeServices are the networks that a node is a bridge to; ours is to none.
type NodeServices struct {
	Inbound  []string `json:"inbound"`
	Outbound []string `json:"outbound"`
}

// NodeUsage counts.
type NodeUsage struct {
	Users      NodeUsers `json:"users"`
	LocalPosts int       `json:"localPosts"`
}

// NodeUsers counts people.
type NodeUsers struct {
	Total          int `json:"total"`
	ActiveMonth    int `json:"activeMonth"`
	ActiveHalfyear int `json:"activeHalfyear"`
}

// NewNodeInfo fills in what is the same for every node of ours.
func NewNodeInfo(version string, software NodeSoftware, usage NodeUsage, metadata map[string]any) NodeInfo {
	if version == "2.0" {
		software.Repository, software.Homepage = "", ""
	}
	if metadata == nil {
		metadata = map[string]any{}
	}
	return NodeInfo{
		Version:   version,
		Software:  software,
		Protocols: []string{"activitypub"},
		Services:  NodeServices{Inbound: []string{}, Outbound: []string{}},
		Usage:     usage,
		Metadata:  metadata,
	}
}
