// Package backup keeps a node in a folder and makes it anew from there.
//
// The folder holds the database as it was at one moment, the files that its rows
// name, and manifest.json, which says of each how large it is and what its SHA-256
// is; manifest.json.sha256 says that of the manifest, and is written last. The
// settings are not in it.
package backup
