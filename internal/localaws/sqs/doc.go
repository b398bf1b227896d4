// Package sqs is a small SQS for a developer's machine and for tests:
// standard queues, in memory. It follows AWS in what psabridge relies on:
// message groups on standard queues, partial batches, visibility timeouts,
// receive counts, dead-letter queues, delays, system attributes such as
// AWSTraceHeader, checksums, limits and errors. It has no FIFO queues, and it
// neither duplicates nor reorders messages, which AWS may. Messages do not
// survive a restart: psabridge's ticks find the work again in the table.
//
// Its behaviour suite is in the tests of package localaws, and runs against
// any other endpoint too.
package sqs
