// Package usage posts what tenants use, daily, to ConnectWise agreements. This
// is where money moves: no sequence of failures of ours may make a wrong line,
// or a second one.
//
// The unit is a [Series]: what is sold of one catalog item on one agreement.
// Its lines (ConnectWise's additions) follow each other, a line a period.
//
// Each rule has a file, and none of these asks anybody anything:
//
//	period.go, daterule.go   which period is open, and why (Open)
//	route.go                 where a tenant's SKU is billed: approval, changed mappings, switching off
//	share.go                 what counts in a period, and sums
//	view.go                  our lines and ConnectWise's side by side; what people did to them
//	plan.go, line.go         what is to be done about one series: create, update, end, void
//	guard.go                 when a run stops for a person
//	intent.go                what became of something that nobody answered
//	attention.go             the named states, each with its remedy
//
// A preview is the same plan without the rest:
//
//	tick.go, engine.go       days that are due become runs; a run is worked in slices, woken by messages
//	posting.go               one slice: load, date changed mappings, guards, agreements in turn
//	agreement.go             one agreement: list all its lines once, settle, plan, act, look again
//	poster.go                one series: store the intent, tell ConnectWise step by step, store the outcome
//	service.go               what people decide
//
// What was posted is read back without asking anybody:
//
//	month.go, why.go         what became of a month's usage: reported, posted, billed, and why not
//	trend.go, checks.go      a tenant's counts over time; the sanity checks
//	statements.go            reads what these need, a page of tenants at a time
//
// A worker may die anywhere. Before ConnectWise is told anything an [Intent] is
// stored with the series, conditionally, so that of two workers one tells it.
// Whoever finds an intent looks what became of it: done steps are recorded; the
// rest waits until neither a dead worker's request nor a late commit of
// ConnectWise's can change it, and is planned anew. A new line carries a marker
// of its own attempt, by which it is known however late it appears: a line that
// turns up beside its successor is set to zero, ended and reported.
//
// ports.go and ledger.go say what is needed of others; usagetest has that in
// memory.
package usage
