package syncer_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnySchedule plays schedules for a while, or so many; a failing one is made
// as short as it can be, and tells how to play it again.
var (
	schedulesN    = flag.Int("schedules.n", 0, "how many schedules TestAnySchedule plays; 0 is as many as there is time for")
	schedulesFor  = flag.Duration("schedules.for", 10*time.Second, "how long TestAnySchedule plays if -schedules.n is not given")
	schedulesSeed = flag.Uint64("schedules.seed", 1, "the first schedule of TestAnySchedule")
	schedulesOnly = flag.String("schedules.steps", "", "the steps of that one schedule to play, as 0,3,5")
)

// play plays a schedule to its end and says what went wrong.
func play(t *testing.T, seed uint64, steps []step) (broken error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		s := newStage(seed)
		for _, st := range steps {
			if s.broken == nil {
				s.take(st)
			}
		}
		if s.broken == nil {
			s.finish()
		}
		s.end()
		broken = s.broken
	})
	return broken
}

// Whatever happens to records, callbacks, filters, runs and workers, in whatever
// order, between any two remote calls: everything ends; an incremental run finds
// all that leaves a trace; after a full one the store is ConnectWise's state
// within the filter, exactly; every run's counts add up; and nothing of one
// account is found with another.
func TestAnySchedule(t *testing.T) {
	t.Parallel()
	if *schedulesOnly != "" {
		replay(t)
		return
	}
	var next, played atomic.Uint64
	var failed atomic.Bool
	began := time.Now()
	t.Cleanup(func() { t.Logf("%d schedules in %s", played.Load(), time.Since(began).Round(10*time.Millisecond)) })
	for lane := range 2 {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			for !failed.Load() {
				n := next.Add(1) - 1
				if *schedulesN > 0 && n >= uint64(*schedulesN) || *schedulesN == 0 && n > 0 && time.Since(began) > *schedulesFor {
					return
				}
				seed := *schedulesSeed + n
				if broken := play(t, seed, drawn(seed)); broken != nil {
					failed.Store(true)
					report(t, seed, broken)
				}
				played.Add(1)
			}
		})
	}
}

// report shortens a schedule that fails.
func report(t *testing.T, seed uint64, broken error) {
	t.Helper()
	all := drawn(seed)
	left := make([]int, len(all))
	for i := range left {
		left[i] = i
	}
	for size := len(left); size > 0; size /= 2 {
		for at := 0; at+size <= len(left); {
			fewer := slices.Delete(slices.Clone(left), at, at+size)
			if err := play(t, seed, pick(all, fewer)); err != nil {
				left, broken = fewer, err
			} else {
				at += size
			}
		}
	}
	var lines, numbers []string
	for _, i := range left {
		numbers = append(numbers, strconv.Itoa(i))
		lines = append(lines, fmt.Sprintf("%3d %s", i, all[i]))
	}
	t.Errorf("%v\nseed %d, the steps that it takes:\n%s\nAgain: go test ./internal/syncer -run TestAnySchedule -args -schedules.seed=%d -schedules.steps=%s,",
		broken, seed, strings.Join(lines, "\n"), seed, strings.Join(numbers, ","))
}

func pick(all []step, which []int) (steps []step) {
	for _, i := range which {
		steps = append(steps, all[i])
	}
	return steps
}

// replay plays one schedule, or part of it.
func replay(t *testing.T) {
	t.Helper()
	all := drawn(*schedulesSeed)
	var which []int
	for number := range strings.SplitSeq(*schedulesOnly, ",") {
		if i, err := strconv.Atoi(number); err == nil && i < len(all) {
			which = append(which, i)
		}
	}
	if broken := play(t, *schedulesSeed, pick(all, which)); broken != nil {
		t.Error(broken)
	}
}
