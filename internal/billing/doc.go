// Package billing computes what invoices must bill, from what people did and
// what tenants used: usage reports, mappings and other decisions, postings,
// invoices, and the answers to what public material about ConnectWise leaves
// open. It is the reference that simulated years of postings are held against,
// so it shares no code with the poster, nor with the simulator: it imports
// nothing of this module. Nothing that is deployed uses it.
package billing
