// Package queue runs jobs that outlive the request that caused them. It is
// the only room that knows River.
//
// A job is stored in the transaction of the rows it is about, so that both
// are there or neither. Which kinds exist, and what each calls, is one list in
// cmd/parley/jobs.go.
package queue
