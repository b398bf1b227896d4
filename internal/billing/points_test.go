package billing_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/usage"
)

// How much is run, as in
// go test ./internal/billing -run Every -timeout 0 -args -reach all.
// "some" is a sample; "all" is every combination of answers, and every fault
// at every call under every pair of them.
var reach = flag.String("reach", "some", "some or all")

// formats is how many ways of writing dates there are: the first three points.
const formats = 4 * 4 * 2

// answers is one answer to each of the finance points, by number.
func answers(n int) map[string]string {
	out := map[string]string{}
	for _, p := range cwsim.FinancePoints() {
		out[p.Name] = p.Values[n%len(p.Values)]
		n /= len(p.Values)
	}
	return out
}

func combinations() int {
	n := 1
	for _, p := range cwsim.FinancePoints() {
		n *= len(p.Values)
	}
	return n
}

// sample is some of n, the same every time.
func sample(n, some int) []int {
	rng := rand.New(rand.NewPCG(13, 5))
	chosen := map[int]bool{0: true}
	for len(chosen) < min(some, n) {
		chosen[rng.IntN(n)] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}

// combinationsOf are the numbers of all that write dates in one way. The
// sample has one way whole, and one combination of each other.
func combinationsOf(format int) []int {
	var out []int
	for n := format; n < combinations(); n += formats {
		out = append(out, n)
	}
	if *reach == "some" && format != formats-1 {
		first := format * 7919 % len(out)
		return out[first : first+1]
	}
	return out
}

// Under every combination of answers to what public material leaves open, a
// year's invoices are those of the reference.
func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	all := &tally{}
	began := time.Now()
	t.Cleanup(func() {
		t.Logf("a year of days under %d of %d combinations: %s; in %s", all.covered, combinations(), all, time.Since(began).Round(time.Millisecond))
	})
	for format := range formats {
		t.Run(strconv.Itoa(format), func(t *testing.T) {
			t.Parallel()
			mine := &tally{}
			known := &explored{}
			for _, n := range combinationsOf(format) {
				points := answers(n)
				_, err := mine.one(known, points, func() *world {
					return small(365).run(t, points, usage.Settings{Zone: "Europe/Berlin"}, nil)
				})
				if err != nil || t.Failed() {
					t.Fatalf("combination %d, under %v: %v", n, points, err)
				}
			}
			all.add(mine)
		})
	}
}
