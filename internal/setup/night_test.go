package setup

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// The night is civil time where the ConnectWise stands, the same for all of a
// day, and spread over accounts.
func TestNight(t *testing.T) {
	t.Parallel()
	minutes := map[string]bool{}
	for i, tt := range []struct {
		site, zone string
		offset     time.Duration // of local time, in November
	}{
		{"cw.example.com", "", 0},
		{"cw.example.com", "Eastern Standard Time", 0},
		{"cw.example.com", "Local", 0},
		{"na.myconnectwise.net", "", -6 * time.Hour},
		{"eu.myconnectwise.net", "Nowhere/Land", time.Hour},
		{"au.myconnectwise.net", "", 10 * time.Hour},
		{"na.myconnectwise.net", "America/New_York", -5 * time.Hour},
	} {
		c := Connection{Account: psa.AccountID(fmt.Sprintf("msp-%d", i))}
		c.Endpoint.Identity.Site, c.Endpoint.ServerTimeZone = tt.site, tt.zone
		now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
		var last time.Time
		nights := map[time.Time]bool{}
		for range 3 * 24 * 60 {
			night := c.night(now)
			if night.After(now) || now.Sub(night) >= 24*time.Hour || night.Before(last) {
				t.Fatalf("%+v: night %v at %v after %v", tt, night, now, last)
			}
			local := night.UTC().Add(tt.offset)
			if local.Hour() < 1 || local.Hour() >= 5 {
				t.Fatalf("%+v: %v is no night", tt, local)
			}
			nights[night.UTC()], last = true, night
			minutes[local.Format("15:04")] = true
			now = now.Add(time.Minute)
		}
		if len(nights) != 4 {
			t.Errorf("%+v: nights %v in three days", tt, nights)
		}
	}
	if len(minutes) < 4 {
		t.Errorf("all at the same time: %v", minutes)
	}
}
