// Package test runs real nodes as processes and uses them as people, client
// apps and other servers do.
//
// Each test starts what it needs on free ports in folders of its own; the
// names end in .localhost and lead to this machine. What a node wrote is shown
// when its test fails. Nothing here reaches into a node but through HTTP and
// the commands of the program.
package test
