package setup

import (
	"hash/fnv"
	"strings"
	"time"
)

// The nightly comparison begins between one and five in the morning: after the
// day's billing has been posted, before people come, and spread by account so
// that not all begin at once.
const (
	nightHour    = 1
	nightMinutes = 4 * 60
)

// night is the last time at or before now at which everything that is stored
// was to be compared with ConnectWise. It is civil time where the ConnectWise
// stands: by the zone that its server names, if that is a name that we know,
// else by the region of ConnectWise's cloud, else UTC.
func (c Connection) night(now time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.Account))
	year, month, day := now.In(c.zone()).Date()
	at := func(day int) time.Time {
		return time.Date(year, month, day, nightHour, int(h.Sum32()%nightMinutes), 0, 0, c.zone())
	}
	if tonight := at(day); !tonight.After(now) {
		return tonight
	}
	return at(day - 1)
}

func (c Connection) zone() *time.Location {
	if name := c.Endpoint.ServerTimeZone; strings.Contains(name, "/") {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	region, _, _ := strings.Cut(c.Endpoint.Identity.Site, ".")
	hours := map[string]int{"na": -6, "eu": 1, "au": 10, "aus": 10}[strings.ToLower(region)]
	return time.FixedZone(region, hours*3600)
}
