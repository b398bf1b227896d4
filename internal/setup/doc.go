// Package setup is the connection's life: tested, kept as a draft, enabled,
// given new keys, and later taken down. The wizard is its face; every step is
// safe to press twice and safe to die in.
//
// Credentials live in the secret store only; the table keeps a pointer. A
// secret is noted in the table before it is created and the note is dropped
// once a connection or draft points at it, so that a sweep finds what a dead
// process left behind.
package setup
