package usage_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestNextIsTheSameCivilHourAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone  string
		after, date string
	}{
		{"spring forward, New York", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08"},
		{"fall back, New York", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01"},
		{"spring forward, Berlin", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29"},
		{"fall back, Berlin", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25"},
		{"far east", "Pacific/Auckland", "2026-06-01T00:00:00Z", "2026-06-02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			z := zone(t, tt.zone)
			after, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			got := usage.Next(after, z, "msp-1").In(z)
			if got.Format(time.DateOnly) != tt.date || got.Hour() != 4 {
				t.Errorf("next after %s is %s, want 04:xx on %s", after.In(z), got, tt.date)
			}
		})
	}
}

// Every civil date has exactly one posting, wherever and whenever.
func TestNextSkipsAndRepeatsNoDay(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		account := psa.AccountID(rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "account"))
		at := usage.Next(time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "t"), 0), z, account)
		for range 370 {
			next := usage.Next(at, z, account)
			y, m, d := at.In(z).Date()
			if want := time.Date(y, m, d+1, 12, 0, 0, 0, z).Format(time.DateOnly); next.In(z).Format(time.DateOnly) != want {
				t.Fatalf("after %s comes %s, want %s", at.In(z), next.In(z), want)
			}
			at = next
		}
	})
}
