package dynamo

import "time"

// Times are stored as numbers, so that conditions compare them: nanoseconds
// since 1970, and 0 for the zero time.

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// millis is for ConnectWise's times, which may name any year.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Lifetimes (spec 3.5, 3.9).
const (
	keepFor = 90 * 24 * time.Hour
	// keepShards covers a run that takes its time, and keepFor after it.
	keepShards = 2 * keepFor
)

// expiry is the TTL attribute of an item that is kept for d after t.
func expiry(t time.Time, d time.Duration) int64 { return t.Add(d).Unix() }
