package cwsim

import "time"

// daySeconds is the length of a civil day as stamps count it. Days are stored as their midnight in UTC.
const daySeconds = 24 * 3600

// day is the civil day of a moment, in the moment's own zone.
func day(t time.Time) stamp {
	year, month, date := t.Date()
	return stampOf(time.Date(year, month, date, 0, 0, 0, 0, time.UTC))
}

// day writes a day as 2026-01-31.
func (s stamp) day() string {
	if s >= forever {
		return "9999-12-31"
	}
	return s.time().Format(time.DateOnly)
}

// text writes a day in the way that a point names.
func (s stamp) text(format string) string {
	switch format {
	case "date":
		return s.day()
	case "isoNoZone":
		return s.time().Format("2006-01-02T15:04:05")
	case "localMidnight":
		return s.time().Add(zoneWest).Format(time.RFC3339)
	default:
		return s.time().Format(time.RFC3339)
	}
}

func (s stamp) time() time.Time { return time.Unix(int64(s), 0).UTC() }

// add moves a day.
func (s stamp) add(days int) stamp { return s + stamp(days)*daySeconds }

// month is the first day of a day's month.
func (s stamp) month() stamp {
	t := s.time()
	return stampOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// months moves a day by whole months. A day that the month does not have becomes its last one.
func (s stamp) months(n int) stamp {
	t := s.time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return stampOf(first.AddDate(0, 0, min(t.Day(), last)-1))
}
