// Package media takes in pictures and keeps them as files.
//
// Nothing that was uploaded is ever served as it came. Process looks at the
// bytes, not at the name, refuses what would cost too much before decoding it,
// and writes the picture anew: place, camera and serial number stay behind
// with everything else that was in the file. Store keeps the result under a
// name that cannot be guessed, in a folder or a bucket, and serves it under rules that make a browser
// treat it as a picture and nothing else.
package media
