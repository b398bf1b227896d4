// Package localawstest helps tests of what talks to AWS: one set of local
// services per test process, clients for them, and faults in calls.
package localawstest
