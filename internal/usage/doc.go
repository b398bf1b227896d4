// Package usage decides when an account's daily usage is posted to its
// agreements: a due index of schedules, one entry an account, looked at by a
// static tick, so that no account needs a schedule of its own.
package usage
