// Package syncer brings ConnectWise's records into the store and keeps them
// there: runs, shards, cursors, slices, single records.
//
// The table is the work list. A [Run] is one attempt to bring one data type up
// to date; it is split into [Shard]s, ranges of record ids; a shard's cursor
// and counters move together in one conditional write. A queue message only
// wakes a worker for a run or a shard and may come late, twice or never: the
// tick finds what nobody works on. Nothing is counted or written twice,
// because rows remember the run that created and changed them.
package syncer
