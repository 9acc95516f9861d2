// Package fault gives every error a kind and a sentence that may be shown to
// whoever asked. The cause stays behind it for the log.
package fault
