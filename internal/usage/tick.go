package usage

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// postingTime is when a day's posting may begin, in minutes of the
	// account's civil time (spec 5.2).
	postingTime = 4 * 60
	// jitterSpan spreads the accounts over the hour after it.
	jitterSpan = time.Hour
	// tickLimit bounds one tick; what is left is due at the next.
	tickLimit = 1000
)

// Next is when the first posting after t is due: 04:00 of the zone's civil
// time plus the account's jitter, which is the same every day. Daylight saving
// skips and repeats nothing, since every civil day has one such moment.
func Next(t time.Time, zone *time.Location, account psa.AccountID) time.Time {
	return next(t, zone, account, postingTime)
}

// next is Next for another time of day, in minutes.
func next(t time.Time, zone *time.Location, account psa.AccountID, minutes int) time.Time {
	local := t.In(zone)
	for day := 0; ; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, 0, minutes, 0, 0, zone).Add(jitter(account))
		if at.After(t) {
			return at.UTC()
		}
	}
}

func jitter(account psa.AccountID) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(account)) // a hash never fails
	return time.Duration(h.Sum32()) % jitterSpan
}

// Ticker starts the postings of the days that are due.
type Ticker struct {
	store Store
	runs  Runs
	opt   Options
}

// NewTicker makes a Ticker.
func NewTicker(store Store, runs Runs, opt Options) *Ticker {
	return &Ticker{store: store, runs: runs, opt: opt.withDefaults()}
}

// Tick starts one run for every account that is due. Ticks may overlap, come
// late or be lost: a day is started once, and days on which no tick came are
// not made up for, since a day's posting covers all that was reported before.
func (t *Ticker) Tick(ctx context.Context) error {
	now := t.opt.Now()
	due, err := t.store.DueSchedules(ctx, now, tickLimit)
	if err != nil {
		return fmt.Errorf("usage tick: %w", err)
	}
	var failed []error
	planned := 0
	for _, s := range due {
		ok, err := t.plan(ctx, s, now)
		if err != nil {
			failed = append(failed, fmt.Errorf("plan %s: %w", s.Scope, err))
		}
		if ok {
			planned++
		}
	}
	if len(due) > 0 {
		t.opt.Count(ctx, MetricDue, len(due))
	}
	t.opt.Log.InfoContext(ctx, "usage tick", "due", len(due), "planned", planned, "failed", len(failed))
	return errors.Join(failed...)
}

func (t *Ticker) plan(ctx context.Context, s Schedule, now time.Time) (bool, error) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return false, fmt.Errorf("zone: %w", errors.Join(psa.ErrInvalid, err))
	}
	run := newRun(s.Scope, ModePost, BySchedule, now, zone)
	_, joined, err := t.runs.StartRun(ctx, run, &s, next(now, zone, s.Scope.Account, orDefault(s.At, postingTime)))
	if errors.Is(err, psa.ErrConflict) {
		return false, nil // another tick was faster
	}
	return err == nil && !joined, err
}
