// Package telemetry is what a node tells its operator's tools while it runs:
// numbers for Prometheus and spans for OpenTelemetry. It is the only room that
// knows either library.
//
// No label and no attribute holds a person's name, a secret or the text of a
// post, and every label has few values, however many hosts there are.
package telemetry
