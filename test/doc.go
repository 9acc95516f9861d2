// Package test runs real nodes as processes and uses them as people, client
// apps and other servers do.
//
// Each test starts what it needs on free ports in folders of its own; the
// names end in .localhost and lead to this machine. In the folder clients are
// programs as people write them with the libraries of clients, in peer is
// another server. What a node wrote is shown when its test fails. Nothing here
// reaches into a node but through HTTP and the commands of the program.
package test
