// Package web is the front door: every way in is a line of one list
// (routes.go), and each line says who may come in by it (policy.go). Around
// the list stand the checks that all requests pass, and the one place where an
// error becomes an answer (errors.go).
package web
