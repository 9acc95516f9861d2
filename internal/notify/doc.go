// Package notify decides who hears of what was stored: rows for the
// notifications of local people, and events for whoever has a stream open.
//
// Its methods are called inside the transaction that stores a post or an act;
// the events go out when that transaction is on disk and not before. An event
// carries ids only: whoever streams it reads the post again, as its viewer.
package notify
