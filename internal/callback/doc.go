// Package callback takes what ConnectWise posts when a record changes. The
// receiver checks token, size and shape and puts the delivery on a queue; the
// worker reads the record again. A delivery is a hint and never data: nothing
// in it is stored.
package callback
