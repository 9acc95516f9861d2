// Package about is what a node says of itself and to everybody on it: its
// description, rules and terms, its announcements, and the emoji of its own.
package about
