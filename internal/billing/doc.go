// Package billing computes what invoices must bill, from what people did and
// what tenants used: usage reports, mappings and other decisions, postings,
// invoices, and the answers to what public material about ConnectWise leaves
// open. It is the reference that simulated years of postings are held against,
// so it shares no code with the poster, nor with the simulator: it imports
// nothing of this module. Nothing that is deployed uses it.
//
// Its tests play days: whatever happens is told to the reference and, through
// the client, the simulator or the admin's service, to the poster's side, and
// every invoice must be the same line by line.
//
//	TestFleet                 a year of forty tenants on chosen profiles
//	TestEveryAnswer           a year of a small fleet under each combination of answers
//	TestEveryFaultUnderPairs  a period's turn, with each fault at each remote call, under each pair of answers
//
// go test plays a sample of the latter two, make years all of both. All is far
// less than it sounds: the simulator and the reference note which answers a run
// asked for, and a run under other answers that agree with those would be that
// run again, request by request. Of those, one in two hundred is run all the
// same, and must ask the same. On days on which an agreement and its lines are
// what they were, ConnectWise is not asked again, except where faults are in
// force.
package billing
