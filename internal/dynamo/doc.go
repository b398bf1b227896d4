// Package dynamo keeps psabridge's state in one DynamoDB table: connections,
// runs, records, the request budget and the usage schedule.
//
// The table has the key pk and sk and two indexes: "changed" (cpk, csk, every
// attribute) for what changed since a time, and "due" (dpk, dsk, keys only)
// for what is to be looked at by a time. All keys are made in keys.go; account
// and generation stand in each, but in those of a ConnectWise identity, which
// accounts share. Nothing scans.
//
// Three rules hold everywhere:
//   - A write that depends on what is stored carries a condition. A single
//     write also carries a mark of its own ("w"), and a transaction a request
//     token, so that a write whose answer was lost, and which the SDK
//     repeats, is not taken for somebody else's.
//   - An item past its expiresAt is absent, although DynamoDB takes days to
//     remove it.
//   - Every call has a deadline.
//
// Items carry a version, v. This code reads newer ones as far as it can, and
// every attribute has a usable zero value, so that versions of the code may
// run side by side.
package dynamo
