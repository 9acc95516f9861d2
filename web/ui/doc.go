// Package ui is the node's own pages: what somebody sees who has a browser and
// nothing else.
//
// The pages are HTML made here, with a small script on top: every action is a
// form that works without it, and with it changes the page in place. view.go
// says what a page shows, in plain structs; templates turn them into HTML;
// nothing in a template asks a question. There is no inline script or style,
// so that the content policy can forbid both, and a test holds it to that.
package ui
